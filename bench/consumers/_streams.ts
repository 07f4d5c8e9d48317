import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";

/** Where streams keep messages. */
export const STORAGES = ["memory", "file"] as const;
/** One of them. */
export type Storage = typeof STORAGES[number];

/** Events of one atomic batch. */
export const BATCH = 500;
/** Events of one call of `publishMany()` and `ingest()`. */
export const BULK_SIZE = 10_000;

/** What a side publishes on. */
export function subjectOf(storage: Storage, way: string): string {
  return `bench.${way}.${storage}`;
}

/** Makes a stream for each side and storage; they keep little, so that none grows for ever. */
export async function makeStreams(nc: NatsConnection): Promise<void> {
  const { streams } = await jetstreamManager(nc);
  for (const way of ["raw", "shizuku"]) {
    for (const storage of STORAGES) {
      const subject = subjectOf(storage, way);
      await streams.add({
        name: `${way}-${storage}`,
        subjects: [subject, `${subject}.*`],
        storage,
        max_msgs: 100_000,
        duplicate_window: 2_000_000_000,
        allow_atomic: true,
        allow_batched: true,
      });
    }
  }
}
