import { nuid } from "@nats-io/nats-core";
import { type Awaitable, ShizukuError } from "../core/mod.ts";
import type { Bucket, BucketEntry, Operation } from "./bucket.ts";
import { StaleFenceError } from "./stale_fence_error.ts";

/** What to write, and where. */
export interface FencedWrite {
  /** Key in the bucket. */
  readonly key: string;
  /** What is tried, to begin a message with: `Cannot put order.7`. */
  readonly action: string;
  /** The writer's fence. */
  readonly fence: bigint;
  /** What to do. */
  readonly operation: Operation;
  /** Gives the bytes to write over what is there, or nothing to leave it. */
  next(found: BucketEntry | undefined): Awaitable<Uint8Array | undefined>;
}

/** Bytes that are known to be stored. */
export interface FencedOutcome {
  /** The bytes. */
  readonly value: Uint8Array;
  /** Their revision. */
  readonly revision: number;
}

const ATTEMPTS = 1000;
const TRIES_IN_DOUBT = 5;

/** A message id that tells the fence: the one header that every write of a bucket can carry. */
const FENCED_ID = /^fence\.(\d+)\./;

/** The fence that an entry was written with. */
export function readFence(entry: BucketEntry | undefined): bigint | undefined {
  const digits = FENCED_ID.exec(entry?.messageId ?? "")?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/**
 * Writes unless what is there has a newer fence: check and write are one compare-and-set.
 *
 * @returns What is there then; nothing if there is no value.
 * @throws {StaleFenceError}
 */
export async function writeFenced(
  bucket: Bucket,
  write: FencedWrite,
): Promise<FencedOutcome | undefined> {
  const { key, action, fence } = write;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await bucket.get(key);
    const newest = readFence(found) ?? 0n;
    if (fence < newest) throw new StaleFenceError(action, fence, newest);
    const value = await write.next(found);
    if (value === undefined) return found?.operation === "put" ? found : undefined;
    const revision = await writeOnTop(bucket, write, value, found?.revision ?? 0);
    if (revision !== undefined) return { value, revision };
  }
  throw new ShizukuError(
    "aborted",
    `${action}: another writer came first in each of ${ATTEMPTS} attempts`,
  );
}

/** Gives the new revision, or nothing if another write came first. */
async function writeOnTop(
  bucket: Bucket,
  { key, action, fence, operation }: FencedWrite,
  value: Uint8Array,
  revision: number,
): Promise<number | undefined> {
  const messageId = `fence.${fence}.${nuid.next()}`;
  for (let tries = 1;; tries++) {
    try {
      return await bucket.write(key, value, { operation, revision, messageId });
    } catch (error) {
      const { code } = ShizukuError.from(error);
      if (code === "aborted") {
        return tries === 1 ? undefined : await findOut(bucket, key, action, revision, messageId);
      }
      // The acknowledgement may be lost and the write not. Of two on top of one revision, one is done.
      if (code !== "deadline_exceeded" || tries === TRIES_IN_DOUBT) throw error;
    }
  }
}

/** Finds out whether a write was done that was not acknowledged, and is not possible any more. */
async function findOut(
  bucket: Bucket,
  key: string,
  action: string,
  basedOn: number,
  messageId: string,
): Promise<number | undefined> {
  const found = await bucket.get(key);
  if (found?.messageId === messageId) return found.revision;
  if (found?.basedOn === basedOn) return undefined;
  throw new ShizukuError(
    "deadline_exceeded",
    `${action}: no acknowledgement came, and others have written since, so that nobody knows ` +
      `whether it was done`,
    { stage: "call", retryable: false },
  );
}
