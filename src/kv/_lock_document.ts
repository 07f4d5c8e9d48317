import { ShizukuError } from "../core/mod.ts";
import type { BucketEntry } from "./bucket.ts";
import { FREE_LOCK, type LockDocument } from "./lock_state.ts";

/** The lock that is stored, free if there is nothing. @throws {ShizukuError} `data_loss`. */
export function decodeLock(name: string, entry: BucketEntry | undefined): LockDocument {
  if (entry?.operation !== "put") return FREE_LOCK;
  let document: Partial<LockDocument> | null;
  try {
    document = JSON.parse(new TextDecoder().decode(entry.value));
  } catch {
    // The error below says where; the bytes themselves do not belong into a log.
    document = null;
  }
  if (isLock(document)) return document;
  throw new ShizukuError(
    "data_loss",
    `Cannot read lock ${JSON.stringify(name)} at revision ${entry.revision} as it must be a lock ` +
      `of version 1`,
    { stage: "pre" },
  );
}

/** The bytes of a lock. */
export function encodeLock(document: LockDocument): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}

/** Whether two documents say the same. */
export function isSameLock(left: LockDocument, right: LockDocument): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** The key of a lock: any name becomes one token. */
export function lockKey(prefix: string, name: string): string {
  const binary = Array.from(new TextEncoder().encode(name), (byte) => String.fromCharCode(byte));
  const base64 = btoa(binary.join("")).replaceAll("+", "-").replaceAll("/", "_");
  return `${prefix}.${base64.replaceAll("=", "")}`;
}

function isLock(value: Partial<LockDocument> | null): value is LockDocument {
  return value?.v === 1 && typeof value.s === "object" && value.s !== null &&
    Array.isArray(value.h) && Array.isArray(value.q);
}
