import { ShizukuError } from "../core/mod.ts";
import { FREE_LOCK, type LockDocument } from "./lock_state.ts";

/** A lock's document as it is stored. */
export interface StoredLock {
  /** What it says. */
  readonly document: LockDocument;
  /** The text of it, empty if nothing is stored. */
  readonly text: string;
  /** Its revision, 0 if nothing is stored. */
  readonly revision: number;
}

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder();

/** The text of a lock that nobody holds or waits for. */
export const FREE_TEXT: string = /* @__PURE__ */ JSON.stringify(FREE_LOCK);

/**
 * Reads a lock; it is free where nothing is stored, or the key was deleted.
 *
 * @throws {ShizukuError} `data_loss`.
 */
export function decodeLock(name: string, bytes: Uint8Array, revision: number): StoredLock {
  if (bytes.length === 0) return { document: FREE_LOCK, text: "", revision };
  const text = decoder.decode(bytes);
  if (text === FREE_TEXT) return { document: FREE_LOCK, text, revision };
  let document: Partial<LockDocument> | null;
  try {
    document = JSON.parse(text);
  } catch {
    // The error below says where; the bytes themselves do not belong into a log.
    document = null;
  }
  if (isLock(document)) return { document, text, revision };
  throw new ShizukuError(
    "data_loss",
    `Cannot read lock ${JSON.stringify(name)} at revision ${revision} as it must be a lock of ` +
      `version 1`,
    { stage: "pre" },
  );
}

/** The text of a lock. */
export function textOf(document: LockDocument): string {
  return document === FREE_LOCK ? FREE_TEXT : JSON.stringify(document);
}

/** The bytes of a lock's text. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The key of a lock: any name becomes one token. */
export function lockKey(prefix: string, name: string): string {
  const binary = Array.from(encoder.encode(name), (byte) => String.fromCharCode(byte));
  const base64 = btoa(binary.join("")).replaceAll("+", "-").replaceAll("/", "_");
  return `${prefix}.${base64.replaceAll("=", "")}`;
}

function isLock(value: Partial<LockDocument> | null): value is LockDocument {
  return value?.v === 1 && typeof value.s === "object" && value.s !== null &&
    Array.isArray(value.h) && Array.isArray(value.q);
}
