import { ShizukuError } from "../core/mod.ts";
import { FREE_LOCK, type LockDocument } from "./lock_state.ts";

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder();

/** The text of a lock that nobody holds or waits for. */
export const FREE_TEXT: string = /* @__PURE__ */ JSON.stringify(FREE_LOCK);

/**
 * A lock as it is stored; it is free where nothing is, or the key was deleted.
 *
 * It is parsed when somebody asks for the document: most of what is pushed to one who waits is
 * overtaken before that, and whether it is granted can be seen without.
 */
export class StoredLock {
  /** The text of the document, empty if nothing is stored. */
  readonly text: string;
  /** Its revision, 0 if nothing is stored. */
  readonly revision: number;
  readonly #name: string;
  #document: LockDocument | undefined;

  /** @param document What the text says, if that is known. */
  constructor(name: string, text: string, revision: number, document?: LockDocument) {
    this.text = text;
    this.revision = revision;
    this.#name = name;
    this.#document = document ?? (text === "" || text === FREE_TEXT ? FREE_LOCK : undefined);
  }

  /** What it says. @throws {ShizukuError} `data_loss` if it is no lock. */
  get document(): LockDocument {
    return this.#document ??= parseLock(this.#name, this.text, this.revision);
  }

  /** Whether a session waits and does not hold, as far as that can be seen without parsing. */
  isPlainlyWaiting(session: string): boolean {
    const { text } = this;
    // Sessions come first, then those who hold, then those who wait.
    const waiting = text.lastIndexOf('],"q":[');
    const holding = text.lastIndexOf('},"h":[', waiting);
    if (holding < 0) return false;
    const last = text.lastIndexOf(session);
    return last > waiting && text.lastIndexOf(session, waiting) < holding;
  }
}

/** Reads a lock. */
export function decodeLock(name: string, bytes: Uint8Array, revision: number): StoredLock {
  return new StoredLock(name, bytes.length === 0 ? "" : decoder.decode(bytes), revision);
}

function parseLock(name: string, text: string, revision: number): LockDocument {
  let document: Partial<LockDocument> | null;
  try {
    document = JSON.parse(text);
  } catch {
    // The error below says where; the bytes themselves do not belong into a log.
    document = null;
  }
  if (isLock(document)) return document;
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
