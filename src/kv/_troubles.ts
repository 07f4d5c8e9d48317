/**
 * What is done when a read or a write of a bucket fails. It is loaded when a bucket is opened, and
 * not when it is needed: the network by which to load it may be what has failed.
 *
 * @module
 */
import type { NatsConnection } from "@nats-io/nats-core";
import { invalid, payloadTooLarge, type StoreAck } from "../connection/mod.ts";
import { backoffMs, delay, ShizukuError } from "../core/mod.ts";
import { streamName } from "./_bucket_names.ts";
import { fromKvError, saysNobody } from "./_kv_error.ts";
import type { BucketPlace } from "./_place.ts";
import { within } from "./_within.ts";
import type { WriteOptions } from "./bucket.ts";

export { winAgain } from "./_contention.ts";
export { readAgain, settleAgain } from "./_settle.ts";

const SHORTEST_TTL_MS = 1_000;
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
  const { timeoutMs } = write;
  const deadline = performance.now() + timeoutMs;
  const leftMs = () => Math.max(1, deadline - performance.now());
  const action = actionOf(place, write);
  const findStream = () => place.jetStream.manager.streams.info(streamName(place.name));
  for (let attempt = 1;; attempt++) {
    try {
      if (attempt > 1) await delay(Math.min(leftMs(), backoffMs(attempt, BACKOFF)));
      const spentMs = timeoutMs - leftMs();
      // A cluster without a leader may not answer at all.
      await within(findStream, { action, timeoutMs, spentMs, signal: undefined });
      return (await write.send(leftMs())).sequence;
    } catch (error) {
      if (saysNobody(error) && performance.now() < deadline) continue;
      throw failure(place, write, error);
    }
  }
}

/** The error of a read. @param what Was to be read. */
export function readFailure({ name }: BucketPlace, error: unknown, what: string): ShizukuError {
  return fromKvError(error, `Cannot read ${what} of bucket ${name}`);
}

/** Removes the stream behind a bucket. */
export async function removeStream({ jetStream, name }: BucketPlace): Promise<void> {
  try {
    await jetStream.manager.streams.delete(streamName(name));
  } catch (error) {
    throw fromKvError(error, `Cannot remove bucket ${name}`);
  }
}

/** What a header says of a `ttlMs`. @throws {ShizukuError} `invalid_argument` if it is none. */
export function ttlValue(place: BucketPlace, key: string, options: WriteOptions): string {
  const { ttlMs = 0 } = options;
  if (ttlMs >= SHORTEST_TTL_MS && ttlMs < Infinity) return `${Math.ceil(ttlMs / 1000)}s`;
  throw invalid(
    `${actionOf(place, { key, options })} as ttlMs must be at least ${SHORTEST_TTL_MS}: ` +
      `current value is ${ttlMs}`,
  );
}

/** Refuses to hear of commits that are not pushed. */
export function refusePushes(_nc: NatsConnection, bucket: string, filter: string): never {
  throw new ShizukuError(
    "failed_precondition",
    `Cannot subscribe to ${filter} as bucket ${bucket} must be opened with republish: true`,
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
