import type { Operation } from "./bucket.ts";

/**
 * A value that is known to be stored: what writes return and what
 * {@linkcode Entity.update} takes.
 *
 * @typeParam Key Parameters of the key.
 * @typeParam T The value.
 * @example Write on top of what was just written
 * ```ts ignore
 * const saved = await tickets.create({ id: "7" }, { title: "Printer on fire" });
 * await tickets.update({ ...saved, value: { title: "Printer was on fire" } });
 * ```
 */
export interface Saved<Key, T> {
  /** Parameters of its key. */
  readonly key: Key;
  /** The value. */
  readonly value: T;
  /** Its revision, which grows with every write to the bucket. */
  readonly revision: number;
}

/**
 * A value that was read.
 *
 * @example
 * ```ts ignore
 * const entry = await tickets.get({ id: "7" });
 * if (entry) console.log(entry.value.title, entry.revision, entry.created);
 * ```
 */
export interface Entry<Key, T> extends Saved<Key, T> {
  /** When the server stored it. */
  readonly created: Date;
  /** What was done to the key. */
  readonly operation: Extract<Operation, "put">;
  /** How many entries follow it in a watch or a listing. */
  readonly delta: number;
}

/**
 * What a watch gives where a value was deleted, purged or has expired.
 *
 * @example
 * ```ts ignore
 * for await (const event of tickets.watch({}, { deletes: true, signal })) {
 *   if (event.type === "delete") console.log(event.entry.key.id, event.entry.operation);
 * }
 * ```
 */
export interface Deletion<Key> {
  /** Parameters of the key. */
  readonly key: Key;
  /** Revision of the deletion. */
  readonly revision: number;
  /** When the server stored it. */
  readonly created: Date;
  /** What was done to the key; an expired value counts as purged. */
  readonly operation: Exclude<Operation, "put">;
  /** How many entries follow it in a watch. */
  readonly delta: number;
}

/**
 * What a watch gives.
 *
 * @example
 * ```ts ignore
 * for await (const event of tickets.watch({}, { signal })) {
 *   if (event.type === "entry") console.log(event.entry.key.id, event.entry.value.title);
 *   if (event.type === "error") console.error(event.key.id, event.error.message);
 * }
 * ```
 */
export type WatchEvent<Key, T> =
  | {
    /** A value that is there, or was written. */
    readonly type: "entry";
    /** The value with its key. */
    readonly entry: Entry<Key, T>;
  }
  | {
    /** A value is gone. Only given if `deletes` is asked for. */
    readonly type: "delete";
    /** The key, and when. */
    readonly entry: Deletion<Key>;
  }
  | {
    /** All values that there were at the beginning have been given. */
    readonly type: "ready";
  }
  | {
    /**
     * What was given before is void: the bucket was made anew, or its server has lost revisions. What
     * it has now follows, and then `ready`.
     */
    readonly type: "reset";
  }
  | {
    /** A value that cannot be decoded. The watch goes on. */
    readonly type: "error";
    /** Parameters of its key. */
    readonly key: Key;
    /** Its revision. */
    readonly revision: number;
    /** Why not: a `ShizukuError` with the code `data_loss`. */
    readonly error: Error;
  };

/**
 * Options of a watch.
 *
 * @example
 * ```ts ignore
 * const watch = tickets.watch({}, { deletes: true, from: lastRevision, signal });
 * for await (const { type } of watch) console.log(type);
 * ```
 */
export interface WatchOptions {
  /** Ends the watch, without an error. */
  signal?: AbortSignal;
  /**
   * Whether deletions are given too.
   * @default {false}
   */
  deletes?: boolean;
  /**
   * Revision after which to begin, such as that of the last entry seen by an earlier watch. Given
   * are then all later revisions that the bucket still has, `ready`, and what is new. By default the
   * watch begins with the last revision of every value.
   */
  from?: number;
}
