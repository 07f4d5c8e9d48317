import type { Awaitable, Codec } from "../core/mod.ts";
import { keyTemplate } from "./_key_template.ts";
import type { Bucket } from "./bucket.ts";
import {
  type Decoded,
  type DeleteOptions,
  type Encodable,
  type Entity,
  entity,
  type EntityOptions,
  type ModifyOptions,
} from "./entity.ts";
import type { Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";
import type { Replica, ReplicaOptions } from "./replica.ts";

/** The parameters of a static key: none. */
export type NoKey = Readonly<Record<never, string>>;

/**
 * One typed value in a bucket: the operations of an {@linkcode Entity}, without a key.
 *
 * @typeParam T The value as it is read.
 * @typeParam Init The value as it may be written.
 */
export interface Value<T, Init = T> {
  /** Reads it from the leader. @throws {ShizukuError} `data_loss` if it cannot be decoded. */
  get(): Promise<Entry<NoKey, T> | undefined>;
  /** Writes it, whatever is there. */
  put(value: Init): Promise<Saved<NoKey, T>>;
  /** Writes it if it is not there. @throws {ShizukuError} `already_exists`. */
  create(value: Init): Promise<Saved<NoKey, T>>;
  /** Writes it on top of a revision. @throws {ShizukuError} `aborted` if it has another one. */
  update(saved: Omit<Saved<NoKey, Init>, "key">): Promise<Saved<NoKey, T>>;
  /** Changes it so that no other writer's change is lost, see {@linkcode Entity.modify}. */
  modify(
    change: (value: T | undefined) => Awaitable<Init | undefined>,
    options?: ModifyOptions,
  ): Promise<Saved<NoKey, T> | undefined>;
  /** Deletes it. Where the bucket has a history, it stays. */
  delete(options?: DeleteOptions): Promise<void>;
  /** Deletes it with its history. */
  purge(options?: DeleteOptions): Promise<void>;
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
export function value<C extends Codec<unknown>>(
  bucket: Bucket,
  options: EntityOptions<string, C>,
): Value<Decoded<C>, Encodable<C>> {
  const key: NoKey = {};
  // A parameter has no value here, so that a key with one is refused now rather than later.
  keyTemplate(options.key).format(key);
  const one: Entity<string, Decoded<C>, Encodable<C>> = entity(bucket, options);
  return {
    get: () => one.get(key),
    put: (next) => one.put(key, next),
    create: (next) => one.create(key, next),
    update: ({ value, revision }) => one.update({ key, value, revision }),
    modify: (change, modifyOptions) => one.modify(key, change, modifyOptions),
    delete: (deleteOptions) => one.delete(key, deleteOptions),
    purge: (deleteOptions) => one.purge(key, deleteOptions),
    watch: (watchOptions) => one.watch(key, watchOptions),
    replica: (replicaOptions) => one.replica(key, replicaOptions),
  };
}
