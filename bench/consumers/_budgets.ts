import type { Budget, Runtime } from "../services/_budgets.ts";
import type { Storage } from "./_streams.ts";

/** Events per second with acknowledgement and message id, to those of the raw client, by events in flight. */
export const PUBLISH: Record<Runtime, Readonly<Record<number, Budget>>> = {
  node: { 1: { atLeast: 1.3 }, 64: { atLeast: 2.8 }, 1024: { atLeast: 4 } },
  deno: { 1: { atLeast: 1.3 }, 64: { atLeast: 2.8 }, 1024: { atLeast: 4 } },
  bun: { 1: { atLeast: 1 }, 64: { atLeast: 2.3 }, 1024: { atLeast: 3 } },
};

/**
 * Events per second in bulk, to our own `publish()` with 1,024 in flight. A batch is written twice
 * where files are: once while it is gathered, and once into the stream.
 */
export const BULK: Record<Storage, Readonly<Record<string, Budget>>> = {
  memory: { batch: { atLeast: 1 }, ingest: { atLeast: 1.05 } },
  file: { batch: { atLeast: 0.4 }, ingest: { atLeast: 1.05 } },
};
