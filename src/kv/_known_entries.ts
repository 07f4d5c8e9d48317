import type { BucketEntry, Operation } from "./bucket.ts";

/** What is known to be, or to have been, the last revision of a key. */
export type KnownEntry = Pick<BucketEntry, "value" | "revision" | "operation">;

interface Remembered {
  readonly entry: KnownEntry;
  readonly since: number;
}

const MAX_ENTRIES = 1_024;
const MAX_BYTES = 4 * 1024 * 1024;
/** A bucket that is removed and made again counts its revisions anew: nothing is believed for long. */
const MAX_AGE_MS = 30_000;

/**
 * The last revisions of the keys that a process has changed lately, so that it can change them again
 * without reading first. Bounded in number, size and age.
 */
export class KnownEntries {
  readonly #entries = new Map<string, Remembered>();
  #bytes = 0;

  /** Gives what is known of a key. */
  get(key: string): KnownEntry | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    if (performance.now() - found.since < MAX_AGE_MS) return found.entry;
    this.#remove(key, found);
    return undefined;
  }

  /** Remembers a revision, unless a newer one is known. */
  set(key: string, entry: KnownEntry): void {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      if (known.entry.revision > entry.revision) return;
      this.#remove(key, known);
    }
    this.#entries.set(key, { entry, since: performance.now() });
    this.#bytes += entry.value.length;
    this.#forgetOldest();
  }

  /** Remembers a revision of a key of which another one is known. */
  refresh(key: string, value: Uint8Array, revision: number, operation: Operation): void {
    if (this.#entries.has(key)) this.set(key, { value, revision, operation });
  }

  /** Forgets a revision that has turned out to be an old one. */
  forget(key: string, revision: number): void {
    const known = this.#entries.get(key);
    if (known !== undefined && known.entry.revision <= revision) this.#remove(key, known);
  }

  #remove(key: string, { entry }: Remembered): void {
    this.#entries.delete(key);
    this.#bytes -= entry.value.length;
  }

  #forgetOldest(): void {
    for (const [key, remembered] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) return;
      this.#remove(key, remembered);
    }
  }
}
