import type { Awaitable } from "../core/mod.ts";
import { keyTemplate } from "./_key_template.ts";
import type { Bucket } from "./bucket.ts";
import {
  type CreateOptions,
  type DeleteOptions,
  type Entity,
  entity,
  type EntityOptions,
  type PurgeOptions,
} from "./entity.ts";
import type { Deletion, Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";
import type { Changed, ModifyOptions } from "./modify_options.ts";
import type { Decoded, Encodable, ValueCodec } from "./placed_codec.ts";
import type { Replica, ReplicaOptions } from "./replica.ts";

/**
 * The parameters of a static key: none.
 *
 * @example
 * ```ts ignore
 * import type { NoKey } from "@shizuku/shizuku/kv";
 *
 * await using replica = total.replica();
 * await replica.ready;
 * const key: NoKey = {};
 * console.log(replica.get(key)?.value);
 * ```
 */
export type NoKey = Readonly<Record<never, string>>;

/**
 * One typed value in a bucket: the operations of an {@linkcode Entity}, without a key.
 *
 * @typeParam T The value as it is read.
 * @typeParam Init The value as it may be written.
 * @example
 * ```ts ignore
 * import { json } from "@shizuku/shizuku/core";
 * import { type Value, value } from "@shizuku/shizuku/kv";
 *
 * const total: Value<number> = value(bucket, { key: "total", codec: json<number>() });
 * await total.put(41);
 * await total.modify((count = 0) => count + 1);
 * console.log((await total.get())?.value); // 42
 * ```
 */
export interface Value<T, Init = T> {
  /** The entity whose only key it has. */
  readonly entity: Entity<string, T, Init>;
  /**
   * Reads it, as {@linkcode Entity.get} does.
   *
   * @throws {ShizukuError} `data_loss` if it cannot be decoded.
   */
  get(): Promise<Entry<NoKey, T> | undefined>;
  /** Reads it as it was at one of its revisions, see {@linkcode Entity.at}. */
  at(revision: number): Promise<Entry<NoKey, T> | undefined>;
  /** Reads all revisions that are kept, see {@linkcode Entity.history}. */
  history(): Promise<(Entry<NoKey, T> | Deletion<NoKey>)[]>;
  /** Writes it, whatever is there. */
  put(value: Init): Promise<Saved<NoKey, T>>;
  /** Writes it if it is not there. @throws {ShizukuError} `already_exists`. */
  create(value: Init, options?: CreateOptions): Promise<Saved<NoKey, T>>;
  /** Writes it on top of a revision. @throws {ShizukuError} `aborted` if it has another one. */
  update(saved: Omit<Saved<NoKey, Init>, "key">): Promise<Saved<NoKey, T>>;
  /** Changes it so that no other writer's change is lost, see {@linkcode Entity.modify}. */
  modify(
    change: (value: T | undefined) => Awaitable<Changed<Init>>,
    options?: ModifyOptions,
  ): Promise<Saved<NoKey, T> | undefined>;
  /** Deletes it. Where the bucket has a history, it stays. */
  delete(options?: DeleteOptions): Promise<void>;
  /** Deletes it with its history. */
  purge(options?: PurgeOptions): Promise<void>;
  /** Gives it if it is there, then `ready`, then every change, see {@linkcode Entity.watch}. */
  watch(options?: WatchOptions): AsyncIterableIterator<WatchEvent<NoKey, T>>;
  /** Keeps a live copy, which `get({})` reads, see {@linkcode Entity.replica}. */
  replica(options?: ReplicaOptions): Replica<NoKey, T, Init>;
}

/**
 * One typed value under a static key.
 *
 * @param options The key, without parameters, and the codec.
 * @throws {ShizukuError} `invalid_argument` for a text that is no key.
 * @example
 * ```ts ignore
 * import { json } from "@shizuku/shizuku/core";
 * import { openBucket, value } from "@shizuku/shizuku/kv";
 *
 * const total = value(await openBucket(nc, "statistics"), { key: "total", codec: json<number>() });
 * await total.modify((count = 0) => count + 1);
 * ```
 */
export function value<C extends ValueCodec>(
  bucket: Bucket,
  options: Omit<EntityOptions<string, C>, "encodeKeys">,
): Value<Decoded<C>, Encodable<C>> {
  const key: NoKey = {};
  // A parameter has no value here, so that a key with one is refused now rather than later.
  keyTemplate(options.key).format(key);
  const one: Entity<string, Decoded<C>, Encodable<C>> = entity(bucket, options);
  return {
    entity: one,
    get: () => one.get(key),
    at: (revision) => one.at(key, revision),
    history: () => one.history(key),
    put: (next) => one.put(key, next),
    create: (next, createOptions) => one.create(key, next, createOptions),
    update: ({ value, revision }) => one.update({ key, value, revision }),
    modify: (change, modifyOptions) => one.modify(key, change, modifyOptions),
    delete: (deleteOptions) => one.delete(key, deleteOptions),
    purge: (purgeOptions) => one.purge(key, purgeOptions),
    watch: (watchOptions) => one.watch(key, watchOptions),
    replica: (replicaOptions) => one.replica(key, replicaOptions),
  };
}
