import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Sample } from "../frame/model.ts";

/** Where streams keep messages. */
export const STORAGES = ["memory", "file"] as const;
/** One of them. */
export type Storage = typeof STORAGES[number];

/** Events of one atomic batch. */
export const BATCH = 500;
/** Events of one call of `publishMany()` and `ingest()`. */
export const BULK_SIZE = 10_000;

/** Name of the service as which `nestjs-jetstream` takes part. */
export const NEST_NAME = "bench";
/** Subject of its events, as it names them. */
export const NEST_SUBJECT: string = `${NEST_NAME}__microservice.ev.bench`;

/** What a consumer process is asked to do. */
export interface Task {
  /** Which way of consuming. */
  way: string;
  /** How many messages to consume from the start of the stream. */
  messages: number;
  /** How long the handler takes, in milliseconds; 0 for an awaited no-op. */
  handlerMs: number;
  /** How many handlers run at once, where the way knows. */
  concurrency: number;
  /**
   * Whether garbage is collected before the heap is looked at. It makes the next turns slower: the
   * runtime then begins with a small heap again.
   */
  isCollected?: boolean;
}

/** What a turn of consuming has shown. */
export type Turn = Sample;

/** What a side publishes on. */
export function subjectOf(storage: Storage, way: string): string {
  return `bench.${way}.${storage}`;
}

/** Makes a stream for each side and storage; they keep little, so that none grows for ever. */
export async function makeStreams(nc: NatsConnection): Promise<void> {
  const { streams } = await jetstreamManager(nc);
  for (const way of ["raw", "floor", "shizuku"]) {
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
