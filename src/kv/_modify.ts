import { nuid } from "@nats-io/nats-core";
import { ShizukuError } from "../core/mod.ts";
import type { Bucket, BucketEntry } from "./bucket.ts";
import type { ModifyOptions } from "./entity.ts";

/** Bytes that are known to be stored. */
export type Stored = Pick<BucketEntry, "value" | "revision">;

/**
 * Changes a key by compare-and-set, again at once whenever another writer comes first.
 *
 * @param change Gets what is there and gives what to write, or `undefined` to write nothing.
 * @returns What was written, or `undefined` if nothing was.
 */
export async function modify(
  bucket: Bucket,
  key: string,
  change: (found: BucketEntry | undefined) => Promise<Uint8Array | undefined>,
  { attempts = 1000, signal }: ModifyOptions,
): Promise<Stored | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (signal?.aborted) {
      throw new ShizukuError("canceled", `Cannot modify ${key}: canceled`, {
        cause: signal.reason,
      });
    }
    const found = await bucket.get(key);
    const value = await change(found);
    if (value === undefined) return undefined;
    const revision = await writeOnTop(bucket, key, value, found?.revision ?? 0);
    if (revision !== undefined) return { value, revision };
  }
  throw new ShizukuError(
    "aborted",
    `Cannot modify ${key}: another writer came first in each of ${attempts} attempts`,
  );
}

/** Writes on top of a revision. Gives `undefined` if another write came first. */
async function writeOnTop(
  bucket: Bucket,
  key: string,
  value: Uint8Array,
  revision: number,
): Promise<number | undefined> {
  const messageId = nuid.next();
  try {
    return await bucket.write(key, value, { revision, messageId });
  } catch (error) {
    if (isConflict(error)) return undefined;
    if (!ShizukuError.is(error) || error.code !== "deadline_exceeded") throw error;
  }
  // The acknowledgement is lost, the write perhaps not. Of two on top of one revision, one is done.
  try {
    return await bucket.write(key, value, { revision, messageId });
  } catch (error) {
    if (!isConflict(error)) throw error;
    return await revisionOf(bucket, key, messageId, revision);
  }
}

/** Finds out whether a write was done that is not acknowledged, and not possible any more. */
async function revisionOf(
  bucket: Bucket,
  key: string,
  messageId: string,
  basedOn: number,
): Promise<number | undefined> {
  const found = await bucket.get(key);
  if (found?.messageId === messageId) return found.revision;
  if (found?.basedOn === basedOn) return undefined;
  throw new ShizukuError(
    "deadline_exceeded",
    `Cannot modify ${key}: no acknowledgement came, and others have written since, so that ` +
      `nobody knows whether it was done`,
    { stage: "call", retryable: false },
  );
}

function isConflict(error: unknown): boolean {
  return ShizukuError.is(error) && error.code === "aborted";
}
