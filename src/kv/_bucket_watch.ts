import { BatchItems } from "./_batch_items.ts";
import { entryOf, factsOfRevision } from "./_bucket_entry.ts";
import { keyPrefix, streamName } from "./_bucket_names.ts";
import { type JetStream, watchStream } from "./_watch_stream.ts";
import type {
  Bucket,
  BucketBatch,
  BucketEntry,
  BucketWatch,
  BucketWatchEvent,
  BucketWatchOptions,
} from "./bucket.ts";

/** Starts what gives batches until the signal aborts. */
type Start = (signal: AbortSignal) => AsyncIterableIterator<BucketBatch>;

const READY: BucketWatchEvent = { type: "ready" };
const RESET: BucketWatchEvent = { type: "reset" };

/** Watches a bucket, from the moment at which it is iterated over. */
export function watchBucket(
  { name, created }: Bucket,
  jetStream: JetStream,
  filter: string,
  { signal, keysOnly = false, from, verifyMs }: BucketWatchOptions,
): BucketWatch {
  const prefix = keyPrefix(name);
  return new StreamBucketWatch(signal, (signal) =>
    watchStream(jetStream, {
      stream: streamName(name),
      created,
      filter: prefix + filter,
      action: `Cannot watch ${filter} of bucket ${name}`,
      keysOnly,
      from,
      verifyMs,
      signal,
      read({ subject, data, headers }, { sequence, createdMs, pending }) {
        const facts = factsOfRevision(headers, sequence, new Date(createdMs));
        return entryOf(subject.slice(prefix.length), data, facts, pending);
      },
    }));
}

/** A watch of a bucket, in batches or one by one. */
class StreamBucketWatch implements BucketWatch {
  readonly #signal: AbortSignal | undefined;
  readonly #start: Start;

  constructor(signal: AbortSignal | undefined, start: Start) {
    this.#signal = signal;
    this.#start = start;
  }

  batches(): AsyncIterableIterator<BucketBatch> {
    return this.#start(this.#signal ?? new AbortController().signal);
  }

  [Symbol.asyncIterator](): AsyncIterator<BucketWatchEvent> {
    return new BatchItems({
      signal: this.#signal,
      start: this.#start,
      split,
      toItem: (raw) =>
        typeof raw === "string" ? MARKS[raw] : { type: "entry", entry: raw } as const,
    });
  }
}

/** What stands between entries. */
export type Mark = "ready" | "reset";

const MARKS: Readonly<Record<Mark, BucketWatchEvent>> = { ready: READY, reset: RESET };

/** What is in a batch, in order. */
export function split(batch: BucketBatch): readonly (BucketEntry | Mark)[] {
  const { isReset, items, isReady } = batch;
  if (!isReset && !isReady) return items;
  return [...(isReset ? ["reset" as const] : []), ...items, ...(isReady ? ["ready" as const] : [])];
}
