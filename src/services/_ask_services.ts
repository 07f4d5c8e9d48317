import { borderOf, type Connection, fromNatsError } from "../connection/mod.ts";
import type { DiscoverOptions } from "./discover.ts";
import type { MicroVerb } from "./micro.ts";

/** Asks one question, and gives what is answered until the time is over. */
export async function* askServices<T>(
  connection: Connection,
  verb: MicroVerb,
  { name, id, timeoutMs = 1_000, signal }: DiscoverOptions = {},
): AsyncGenerator<T> {
  const scope = name === undefined ? "" : id === undefined ? `.${name}` : `.${name}.${id}`;
  const { nc } = borderOf(connection);
  const options = { strategy: "timer", maxWait: timeoutMs, noMux: true } as const;
  try {
    const answers = await nc.requestMany(`$SRV.${verb}${scope}`, "", options);
    const stop = () => (answers as { stop?(): void }).stop?.();
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const answer of answers) {
        const read = parse<T>(answer.string());
        if (read !== undefined) yield read;
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      stop();
    }
  } catch (thrown) {
    // Nobody answers: there is nothing to list.
    if ((thrown as { name?: unknown } | null)?.name === "NoResponders") return;
    throw fromNatsError(thrown, `Cannot discover services`);
  }
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
