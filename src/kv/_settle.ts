import { nuid } from "@nats-io/nats-core";
import { backoffMs, delay, ShizukuError } from "../core/mod.ts";
import { saysConflict } from "./_kv_error.ts";
import type { Bucket, Operation } from "./bucket.ts";

/** A write on top of a revision. */
export interface Conditional {
  readonly key: string;
  readonly value: Uint8Array;
  readonly operation: Operation;
  /** Revision that the key must have. */
  readonly revision: number;
}

/** How often to try a write of which nobody knows whether it was done. */
const TRIES = 6;
const SURE_TTL_MS = 120_000;
const BACKOFF = { initialMs: 50, maxMs: 2_000 };

/**
 * Writes on top of a revision, and finds out what became of it when no acknowledgement comes.
 *
 * @returns The new revision, or `undefined` if another write came first.
 */
export async function settle(bucket: Bucket, write: Conditional): Promise<number | undefined> {
  const { key, value, operation, revision } = write;
  const options = { revision, operation, messageId: nuid.next() };
  for (let tries = 1;; tries++) {
    try {
      return await bucket.write(key, value, options);
    } catch (error) {
      if (saysConflict(error)) {
        return tries === 1 ? undefined : await findOut(bucket, write, options.messageId);
      }
      if (!isInDoubt(error)) throw error;
      if (tries === TRIES) throw inDoubt(key, "no acknowledgement came", error);
      // With the same message id: if the first one was done after all, this one is not.
      if (tries > 1) await delay(backoffMs(tries, BACKOFF));
    }
  }
}

/**
 * Reads, again if the server or the connection to it is not there for the moment.
 *
 * @throws {ShizukuError} As the last try does.
 */
export async function readPatiently<T>(
  read: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await read();
    } catch (error) {
      if (!isInDoubt(error) || tries === TRIES || signal?.aborted) throw error;
      await delay(backoffMs(tries, BACKOFF), signal);
    }
  }
}

/** Whether an error leaves open what became of a write. */
function isInDoubt(error: unknown): boolean {
  if (!ShizukuError.is(error)) return false;
  const isClosed = [error.cause, (error.cause as { cause?: unknown } | undefined)?.cause].some(
    (cause) => (cause as { name?: unknown } | undefined)?.name === "ClosedConnectionError",
  );
  return !isClosed && (error.code === "deadline_exceeded" || error.code === "unavailable");
}

/** Finds out whether a write was done that is not acknowledged, and not possible any more. */
async function findOut(
  bucket: Bucket,
  { key, revision: basedOn }: Conditional,
  messageId: string,
): Promise<number | undefined> {
  // A cluster looks for the message id first: it would have said that it has the write, unless its
  // memory of message ids is as short as the values' lives.
  if (bucket.replicas > 1 && (bucket.ttlMs ?? Infinity) >= SURE_TTL_MS) return undefined;
  for (const found of (await readPatiently(() => bucket.history(key))).toReversed()) {
    if (found.messageId === messageId) return found.revision;
    // Of two writes on top of one revision, one is done.
    if (found.basedOn === basedOn) return undefined;
  }
  throw inDoubt(key, "no acknowledgement came, and others have written since");
}

function inDoubt(key: string, reason: string, cause?: unknown): ShizukuError {
  return new ShizukuError(
    "deadline_exceeded",
    `Cannot modify ${key}: ${reason}, so that nobody knows whether it was done`,
    { stage: "call", retryable: false, cause },
  );
}
