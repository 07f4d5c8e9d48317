import type { Connection } from "../connection/mod.ts";
import type { StreamOptions } from "./stream_options.ts";

/**
 * Creates a stream, or brings one that exists to what is asked for.
 *
 * What an option names is set; what is left out has its default when the stream is created and
 * stays as it is afterwards, so that code does not undo what an operator has changed on purpose.
 * Subjects are added and never removed: a process of an older version does not take away what a
 * newer one needs. Any number of processes may do this at once.
 *
 * @throws {ShizukuError} `failed_precondition` if the stream differs in what cannot be changed (the
 * message names the fields, wanted and found), if a subject belongs to another stream (it names
 * both), or if the server is too old for an option; `invalid_argument` for options that make no
 * sense.
 * @example
 * ```ts ignore
 * import { ensureStream } from "@shizuku/shizuku/consumers";
 *
 * await ensureStream(nc, { name: "flights", events: [flightReported], replicas: 3 });
 * ```
 * @see ADR-31 (direct get), ADR-43 (TTL), ADR-50 (batches), ADR-51 (schedules)
 */
export async function ensureStream(connection: Connection, options: StreamOptions): Promise<void> {
  const { provideStream } = await import("./_provision_parts.ts");
  await provideStream(connection, options);
}
