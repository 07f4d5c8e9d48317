import { ShizukuError } from "../core/mod.ts";
import type { BucketEntry } from "./bucket.ts";
import type { Entry } from "./entry.ts";

/** How much a replica may hold. */
export interface ReplicaLimits {
  /** Number of values. */
  readonly maxEntries: number;
  /** Bytes of keys and values. */
  readonly maxBytes: number;
}

/** A value of a replica. */
export interface Row<Key, T> {
  /** Parameters of its key. */
  readonly key: Key;
  /** As it is stored. */
  readonly found: BucketEntry;
  /** As it is read, once it was. */
  entry: Entry<Key, T> | undefined;
}

/**
 * The values of a replica, in the order of their revisions.
 *
 * They are found by the values of their parameters rather than by their keys, so that a read has
 * nothing to format where there is one parameter.
 */
export class ReplicaRows<Key, T> {
  readonly #rows = new Map<string, Row<Key, T>>();
  readonly #action: string;
  readonly #limits: ReplicaLimits;
  #bytes = 0;

  /** @param action To begin the message of an error with: `Cannot keep a replica of seat.*`. */
  constructor(action: string, limits: ReplicaLimits) {
    this.#action = action;
    this.#limits = limits;
  }

  /** How many there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** Finds one. */
  get(index: string): Row<Key, T> | undefined {
    return this.#rows.get(index);
  }

  /** Gives all. */
  values(): IterableIterator<Row<Key, T>> {
    return this.#rows.values();
  }

  /** Gives all with what they are found by. */
  [Symbol.iterator](): IterableIterator<[string, Row<Key, T>]> {
    return this.#rows[Symbol.iterator]();
  }

  /** Takes in a revision that is newer than all others. @throws {ShizukuError} Past a limit. */
  put(index: string, key: Key, found: BucketEntry): void {
    this.delete(index);
    // What comes from the socket is a piece of a larger buffer, which it would keep alive. The entry
    // is nobody else's.
    (found as { value: Uint8Array }).value = found.value.slice();
    this.#rows.set(index, { key, found, entry: undefined });
    this.#bytes += bytesOf(found);
    this.#check();
  }

  /** Forgets one, and gives it. */
  delete(index: string): Row<Key, T> | undefined {
    const row = this.#rows.get(index);
    if (row === undefined) return undefined;
    this.#rows.delete(index);
    this.#bytes -= bytesOf(row.found);
    return row;
  }

  #check(): void {
    const { maxEntries, maxBytes } = this.#limits;
    const isFull = this.#rows.size > maxEntries || this.#bytes > maxBytes;
    if (!isFull) return;
    const [what, most] = this.#rows.size > maxEntries
      ? ["maxEntries", maxEntries]
      : ["maxBytes", maxBytes];
    throw new ShizukuError(
      "resource_exhausted",
      `${this.#action} as there is more than ${what} allows: current value is ${most}`,
      { retryable: false },
    );
  }
}

function bytesOf({ key, value }: BucketEntry): number {
  return key.length + value.length;
}

/**
 * What the row of a key is found by: the values of its parameters. Several are told apart by their
 * lengths, as any character may be part of one.
 */
export function indexOf<Key>(names: readonly (keyof Key)[], key: Key): string {
  const value = key[names[0]!] as string | undefined;
  if (names.length < 2) return value ?? "";
  let index = value ?? "";
  for (let place = 1; place < names.length; place++) {
    const next = key[names[place]!] as string | undefined;
    index = `${index.length}.${index}${next}`;
  }
  return index;
}
