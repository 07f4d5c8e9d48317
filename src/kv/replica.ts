import type { Awaitable } from "../core/mod.ts";
import type { CreateOptions, DeleteOptions, PurgeOptions } from "./entity.ts";
import type { Entry, Saved, WatchEvent } from "./entry.ts";
import type { Changed, ModifyOptions } from "./modify_options.ts";

/**
 * Options of {@linkcode Entity.replica}.
 *
 * @example
 * ```ts ignore
 * await using replica = tickets.replica({}, { maxEntries: 100_000, verifyMs: 60_000, signal });
 * await replica.ready;
 * ```
 */
export interface ReplicaOptions {
  /** Ends the replica. */
  signal?: AbortSignal;
  /**
   * Most values that it may hold. Past it the replica ends with `resource_exhausted`, since one that
   * lacks some could not say of a key that it is not there.
   * @default {Infinity}
   */
  maxEntries?: number;
  /**
   * Most bytes of keys and values, as they are stored, that it may hold. Past it the replica ends
   * with `resource_exhausted`.
   * @default {Infinity}
   */
  maxBytes?: number;
  /**
   * Milliseconds between two looks at which revisions the bucket still has, at least 100: values that
   * an administrator purged, or that expired without a marker, go without a word.
   * @default {30_000}
   */
  verifyMs?: number;
}

/**
 * Options of {@linkcode Replica.waitFor}.
 *
 * @example See here what another process has written
 * ```ts ignore
 * await replica.waitFor(revision, { timeoutMs: 500, signal });
 * ```
 */
export interface WaitForOptions {
  /** Ends the wait with `canceled`. */
  signal?: AbortSignal;
  /**
   * Milliseconds to wait before `deadline_exceeded`.
   * @default {5000}
   */
  timeoutMs?: number;
}

/**
 * How old a replica may be, see {@linkcode Replica.staleness}.
 *
 * @example
 * ```ts ignore
 * const { ms, isBehind } = replica.staleness;
 * if (isBehind) console.warn(`Heard nothing for ${ms} ms`);
 * ```
 */
export interface Staleness {
  /** Milliseconds since the last sign of life; the server gives one every second at least. */
  readonly ms: number;
  /** Whether it is known to be behind, or has heard nothing for three seconds. */
  readonly isBehind: boolean;
}

/**
 * A change of a replica: a value that is new or another one, cannot be decoded, or is gone.
 *
 * @example
 * ```ts ignore
 * for await (const change of replica.changes({ signal })) {
 *   if (change.type === "entry") console.log(change.entry.key.id, change.entry.value.title);
 *   if (change.type === "delete") console.log(`${change.entry.key.id} is gone`);
 * }
 * ```
 */
export type ReplicaChange<Key, T> = Exclude<
  WatchEvent<Key, T>,
  { readonly type: "ready" } | { readonly type: "reset" }
>;

/**
 * A live copy of the values of an entity in this process, made by {@linkcode Entity.replica}.
 *
 * Reading asks nobody. The copy follows the bucket in the order of its revisions, so that it is at
 * every moment as the bucket was at one, and never goes back to an older one. Only when the bucket
 * itself has gone back (it was removed and made again, or its server was set back) the copy is made
 * anew, and replaced when the new one is complete.
 *
 * What is written through the replica can be read in it when the write resolves.
 *
 * @typeParam Key Parameters of the key.
 * @typeParam T The value as it is read.
 * @typeParam Init The value as it may be written.
 * @example
 * ```ts ignore
 * await using replica = tickets.replica();
 * await replica.ready;
 * console.log(replica.size, replica.get({ id: "7" })?.value.title);
 * ```
 */
export interface Replica<Key, T, Init = T> extends AsyncDisposable {
  /** Resolves when all values are there; rejects if the replica ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the replica has ended: with the reason if it failed. It never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** How many values there are. */
  readonly size: number;
  /** Up to which revision of the bucket the copy is complete; 0 before it is ready. */
  readonly revision: number;
  /** How old the copy may be. */
  readonly staleness: Staleness;
  /**
   * Reads a value. It is decoded when it is first read; each read gives the same object, which is
   * not to be changed.
   *
   * @throws {ShizukuError} `data_loss` if it cannot be decoded; `failed_precondition` before the
   * replica is ready and after it has ended; if it failed, the reason.
   */
  get(key: Key): Entry<Key, T> | undefined;
  /** Whether there is a value. @throws {ShizukuError} As {@linkcode Replica.get}. */
  has(key: Key): boolean;
  /**
   * Gives the values, or those that have the parameters given, in the order of their revisions.
   *
   * @throws {ShizukuError} As {@linkcode Replica.get}.
   */
  entries(pattern?: Partial<Key>): IterableIterator<Entry<Key, T>>;
  /** Gives the keys, or those that have the parameters given. */
  keys(pattern?: Partial<Key>): IterableIterator<Key>;
  /**
   * Gives what changes from now on, until the loop ends, the signal aborts or the replica ends. Who
   * reads slower than values change gets the latest change of each key.
   *
   * @throws {ShizukuError} The reason, if the replica fails.
   */
  changes(options?: { signal?: AbortSignal }): AsyncIterableIterator<ReplicaChange<Key, T>>;
  /**
   * Waits until the copy is complete up to a revision, such as one that another process was given.
   *
   * @throws {ShizukuError} `deadline_exceeded`, `canceled`; `aborted` if the bucket is made anew
   * meanwhile; `failed_precondition` if the replica ends, or the reason if it fails.
   */
  waitFor(revision: number, options?: WaitForOptions): Promise<void>;
  /** As {@linkcode Entity.put}; resolves when it can be read here. */
  put(key: Key, value: Init): Promise<Saved<Key, T>>;
  /** As {@linkcode Entity.create}; resolves when it can be read here. */
  create(key: Key, value: Init, options?: CreateOptions): Promise<Saved<Key, T>>;
  /** As {@linkcode Entity.update}; resolves when it can be read here. */
  update(saved: Saved<Key, Init>): Promise<Saved<Key, T>>;
  /** As {@linkcode Entity.modify}; resolves when it can be read here. */
  modify(
    key: Key,
    change: (value: T | undefined) => Awaitable<Changed<Init>>,
    options?: ModifyOptions,
  ): Promise<Saved<Key, T> | undefined>;
  /** As {@linkcode Entity.delete}; resolves when it is gone here. */
  delete(key: Key, options?: DeleteOptions): Promise<void>;
  /** As {@linkcode Entity.purge}; resolves when it is gone here. */
  purge(key: Key, options?: PurgeOptions): Promise<void>;
}
