import { backoffMs, delay, ShizukuError } from "../core/mod.ts";
import type { Bucket, Operation } from "./bucket.ts";

/** A write on top of a revision. */
export interface Conditional {
  readonly key: string;
  readonly value: Uint8Array;
  readonly operation: Operation;
  /** Revision that the key must have. */
  readonly revision: number;
  /** Identifies it, so that it is found again. */
  readonly messageId: string;
}

/** How long to go on with what fails for reasons that pass: about the time of an election or two. */
const PATIENCE_MS = 30_000;
const BACKOFF = { initialMs: 50, maxMs: 2_000 };
/** A shorter life of the values is also one of the server's memory of message ids. */
const SURE_TTL_MS = 120_000;

/**
 * Writes again what may have been done: finds out what became of a write without an acknowledgement.
 *
 * @param thrown What the try ended with.
 * @returns The new revision, or `undefined` if another write came first.
 */
export async function settleAgain(
  bucket: Bucket,
  write: Conditional,
  thrown: unknown,
): Promise<number | undefined> {
  const { key, value } = write;
  const patience = new Patience();
  for (let error = thrown;;) {
    if (!isPassing(error)) throw error;
    if (!await patience.wait()) throw inDoubt(key, "no acknowledgement came", error);
    try {
      // With the same message id: if the first one was done after all, this one is not.
      return await bucket.write(key, value, write);
    } catch (again) {
      if (ShizukuError.from(again).code === "aborted") return await findOut(bucket, write);
      error = again;
    }
  }
}

/**
 * Reads, again if the server or the connection to it is not there for the moment.
 *
 * @throws {ShizukuError} As the last try does.
 */
export async function readPatiently<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    return await readAgain(read, error);
  }
}

/**
 * The same after a try that has failed.
 *
 * @param thrown What it ended with.
 */
export async function readAgain<T>(
  read: () => Promise<T>,
  thrown: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const patience = new Patience();
  for (let error = thrown;;) {
    if (!isPassing(error) || !await patience.wait(signal)) throw error;
    try {
      return await read();
    } catch (again) {
      error = again;
    }
  }
}

/** Growing waits between tries, until it is enough. */
class Patience {
  readonly #end = performance.now() + PATIENCE_MS;
  #tries = 0;

  /** Waits, or tells that it is enough. */
  async wait(signal?: AbortSignal): Promise<boolean> {
    if (performance.now() >= this.#end) return false;
    await delay(backoffMs(++this.#tries, BACKOFF), signal);
    return !signal?.aborted;
  }
}

/** Whether an error is one of the moment. Of a write it then leaves open what became of it. */
function isPassing(error: unknown): boolean {
  if (!ShizukuError.is(error)) return false;
  const causes = [error.cause, (error.cause as { cause?: unknown } | undefined)?.cause];
  const isClosed = causes.some((cause) =>
    (cause as { name?: unknown } | undefined)?.name === "ClosedConnectionError"
  );
  return !isClosed && (error.code === "deadline_exceeded" || error.code === "unavailable");
}

/** Finds out whether a write was done that is not acknowledged, and not possible any more. */
async function findOut(
  bucket: Bucket,
  { key, revision: basedOn, messageId }: Conditional,
): Promise<number | undefined> {
  const isRemembered = (bucket.ttlMs ?? Infinity) >= SURE_TTL_MS;
  // A new leader looks for the message id first, but may not have applied yet what its log has.
  for (const found of (await readPatiently(() => bucket.history(key))).toReversed()) {
    if (found.messageId === messageId) return found.revision;
    // Of two writes on top of one revision, one is done.
    if (found.basedOn === basedOn) return undefined;
  }
  // A server that starts anew finds message ids where it finds the messages. With no history, that
  // is not where others have written since; but a replica has been there all the time.
  const isKnown = bucket.historySize > 1 || bucket.replicas > 1;
  if (isKnown && isRemembered) return await probe(bucket, key, messageId);
  throw inDoubt(key, "no acknowledgement came, and others have written since");
}

/**
 * Asks the server whether it knows a message id: what is there is written once more, under that id.
 * A server that knows it writes nothing and names the revision of the first write.
 */
async function probe(
  bucket: Bucket,
  key: string,
  messageId: string,
): Promise<number | undefined> {
  const patience = new Patience();
  let newest: number | undefined;
  for (;;) {
    const found = await readPatiently(() => bucket.get(key, { reads: "leader" }));
    // One that is to expire would not if it were written again.
    if (found === undefined || found.ttlMs !== undefined) break;
    const { value, operation, revision } = found;
    // A later one is that of a probe whose own acknowledgement was lost.
    newest ??= revision;
    try {
      const written = await bucket.write(key, value, { operation, revision, messageId });
      return written <= newest ? written : undefined;
    } catch (error) {
      if (ShizukuError.from(error).code !== "aborted" && !isPassing(error)) throw error;
      if (!await patience.wait()) break;
    }
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
