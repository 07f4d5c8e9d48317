import { BatchItems } from "./_batch_items.ts";
import type { BucketBatch, BucketEntry, BucketWatch, BucketWatchEvent } from "./bucket.ts";

/** Starts what gives batches until the signal aborts. */
type Start = (signal: AbortSignal) => AsyncGenerator<BucketBatch>;

const READY: BucketWatchEvent = { type: "ready" };
const RESET: BucketWatchEvent = { type: "reset" };

/** A watch of a bucket, in batches or one by one. */
export class StreamBucketWatch implements BucketWatch {
  readonly #signal: AbortSignal | undefined;
  readonly #start: Start;

  constructor(signal: AbortSignal | undefined, start: Start) {
    this.#signal = signal;
    this.#start = start;
  }

  batches(): AsyncGenerator<BucketBatch> {
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
