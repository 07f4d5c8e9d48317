import type { BucketEntry, Operation } from "./bucket.ts";

/** What is known to be, or to have been, the last revision of a key. */
export type KnownEntry = Pick<BucketEntry, "value" | "revision" | "operation">;

interface Remembered extends KnownEntry {
  readonly since: number;
}

const MAX_ENTRIES = 1_024;
const MAX_BYTES = 4 * 1024 * 1024;
/**
 * A bucket that is removed and made again counts its revisions anew, so that one may come again with
 * another value: nothing is believed for long, and nothing any more once this is noticed.
 */
const MAX_AGE_MS = 1_000;

/**
 * The last revisions of the keys that a process has changed lately, so that it can change them again
 * without reading first. Bounded in number, size and age.
 */
export class KnownEntries {
  readonly #entries = new Map<string, Remembered>();
  #bytes = 0;
  /** The revision that was written last; a bucket gives none below. */
  #highest = 0;

  /** Gives what is known of a key. */
  get(key: string): KnownEntry | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    if (performance.now() - found.since < MAX_AGE_MS) return found;
    this.#remove(key);
    return undefined;
  }

  /** Remembers a revision that was just written, unless a newer one is known. */
  set(key: string, entry: KnownEntry): void {
    // Mostly they come in order; where they do not, to forget costs a read.
    if (entry.revision < this.#highest) this.clear();
    this.#highest = entry.revision;
    this.#put(key, entry);
  }

  #put(key: string, entry: KnownEntry): void {
    const known = this.#entries.get(key);
    if (known !== undefined && known.revision > entry.revision) return;
    this.#remove(key);
    this.#entries.set(key, { ...entry, since: performance.now() });
    this.#bytes += entry.value.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_BYTES) return;
      this.#remove(oldest);
    }
  }

  /** Remembers a revision of a key of which another one is known. */
  refresh(key: string, value: Uint8Array, revision: number, operation: Operation): void {
    if (this.#entries.has(key)) this.#put(key, { value, revision, operation });
  }

  /** Forgets a revision that has turned out to be an old one. */
  forget(key: string, revision: number): void {
    if ((this.#entries.get(key)?.revision ?? Infinity) <= revision) this.#remove(key);
  }

  /** Forgets everything, since the bucket may be another one. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
    this.#highest = 0;
  }

  #remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.value.length ?? 0;
    this.#entries.delete(key);
  }
}
