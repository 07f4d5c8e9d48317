/**
 * What is done when a read or a write of a bucket fails. It is loaded when a bucket is opened, and
 * not when it is needed: the network by which to load it may be what has failed.
 *
 * @module
 */
import { payloadTooLarge, type StoreAck } from "../connection/mod.ts";
import { backoffMs, delay, ShizukuError } from "../core/mod.ts";
import { streamName } from "./_bucket_names.ts";
import { fromKvError } from "./_kv_error.ts";
import type { BucketPlace } from "./_place.ts";
import { saysNobody } from "./_says.ts";
import type { WriteOptions } from "./bucket.ts";

export { fromKvError };
export { readAgain, settleAgain } from "./_settle.ts";

const BACKOFF = { initialMs: 50, maxMs: 500 };
/** What headers take at most. */
const HEADERS_BYTES = 512;

/** A write that has failed. */
export interface FailedWrite {
  readonly key: string;
  readonly value: Uint8Array;
  readonly options: WriteOptions;
  /** Milliseconds to wait for the acknowledgement. */
  readonly timeoutMs: number;
  /** Tries it, once. */
  send(timeoutMs: number): Promise<StoreAck>;
}

/**
 * Writes again what nobody took, so that it was not done: the bucket is gone, or its cluster has no
 * leader at the moment and will have one.
 *
 * @returns The revision.
 * @throws {ShizukuError} If the write has failed in another way, or does so now.
 */
export async function writeAgain(
  place: BucketPlace,
  write: FailedWrite,
  error: unknown,
): Promise<number> {
  if (!saysNobody(error)) throw failure(place, write, error);
  const deadline = performance.now() + write.timeoutMs;
  for (let attempt = 1;; attempt++) {
    try {
      if (attempt > 1) await delay(backoffMs(attempt, BACKOFF));
      await place.jetStream.manager.streams.info(streamName(place.name));
      return (await write.send(Math.max(1, deadline - performance.now()))).sequence;
    } catch (error) {
      if (saysNobody(error) && performance.now() < deadline) continue;
      throw failure(place, write, error);
    }
  }
}

/** The error of a write whose `ttlMs` is none. */
export function badTtl(place: BucketPlace, key: string, options: WriteOptions): ShizukuError {
  return new ShizukuError(
    "invalid_argument",
    `${actionOf(place, { key, options })} as ttlMs must be at least 1000: ` +
      `current value is ${options.ttlMs}`,
    { stage: "pre" },
  );
}

function failure(place: BucketPlace, write: FailedWrite, error: unknown): ShizukuError {
  const action = actionOf(place, write);
  const max = place.jetStream.nc.info?.max_payload ?? Infinity;
  const size = write.value.length;
  if ((error as Error).name === "InvalidArgumentError" && size + HEADERS_BYTES > max) {
    return payloadTooLarge({ action, what: "a value with its headers", size, max, stage: "pre" });
  }
  return fromKvError(error, action);
}

function actionOf(
  { name }: BucketPlace,
  { key, options: { operation = "put" } }: Pick<FailedWrite, "key" | "options">,
): string {
  return `Cannot ${operation} ${key} of bucket ${name}`;
}
