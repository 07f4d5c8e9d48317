import type { JetStreamManager } from "@nats-io/jetstream";
import { ShizukuError } from "../core/mod.ts";
import { overlap } from "./_overlap.ts";

/** A subject of one stream, and the one of another that it overlaps with. */
interface Overlap {
  readonly wanted: string;
  readonly stream: string;
  readonly found: string;
}

/** Makes of the server's refusal one that names both streams and their subjects. */
export async function explainOverlap(
  action: string,
  { streams }: JetStreamManager,
  name: string,
  subjects: readonly string[],
  cause: unknown,
): Promise<ShizukuError> {
  const found: Overlap[] = [];
  for await (const { config } of streams.list()) {
    if (config.name !== name) found.push(...overlapsOf(subjects, config.name, config.subjects));
  }
  const reasons = found.map(({ wanted, stream, found }) =>
    `subject ${wanted} of stream ${name} overlaps with ${found} of stream ${stream}`
  );
  const reason = reasons.join(", ") || `a subject of stream ${name} overlaps with another stream`;
  return new ShizukuError("failed_precondition", `${action} as ${reason}`, { stage: "pre", cause });
}

/** Each pair of subjects that hold a common one. */
export function overlapsOf(
  subjects: readonly string[],
  stream: string,
  others: readonly string[] = [],
): Overlap[] {
  return subjects.flatMap((wanted) =>
    others.filter((other) => overlap(wanted, other)).map((found) => ({ wanted, stream, found }))
  );
}
