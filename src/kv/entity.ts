import type { Awaitable, Codec, SubjectParams } from "../core/mod.ts";
import { BucketEntity, type EntityCodec } from "./_bucket_entity.ts";
import { keyTemplate } from "./_key_template.ts";
import type { Bucket } from "./bucket.ts";
import type { Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";
import type { Replica, ReplicaOptions } from "./replica.ts";

/** The type that a codec reads. */
export type Decoded<C> = C extends { decode(bytes: Uint8Array): infer T } ? T : never;

/** The type that a codec writes: for protobuf also the plain object to make a message of. */
export type Encodable<C> = C extends { encode(value: infer T): Uint8Array } ? T : never;

/** What an {@linkcode entity} is. */
export interface EntityOptions<Template extends string, C extends Codec<unknown>> {
  /** Its keys, with parameters: `ticket.{id}`. */
  key: Template;
  /** How its values are written and read. */
  codec: C;
}

/** Options of {@linkcode Entity.modify}. */
export interface ModifyOptions {
  /**
   * How often to try before giving up. Each lost try means that another writer has won.
   * @default {1000}
   */
  attempts?: number;
  /** Gives up between two tries. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Entity.delete} and {@linkcode Entity.purge}. */
export interface DeleteOptions {
  /** Revision that the value must have. By default it is not looked at. */
  revision?: number;
}

/**
 * Typed records of one kind in a bucket.
 *
 * Everything that is written or read can fail with `unavailable` and, where no answer came in time,
 * with `deadline_exceeded`; of a write it is then unknown whether it was done.
 *
 * @typeParam Template The key template.
 * @typeParam T The value as it is read.
 * @typeParam Init The value as it may be written.
 */
export interface Entity<Template extends string, T, Init = T> {
  /**
   * Reads a value from the leader: what was acknowledged before is seen.
   *
   * @throws {ShizukuError} `data_loss` if it cannot be decoded.
   */
  get(key: SubjectParams<Template>): Promise<Entry<SubjectParams<Template>, T> | undefined>;
  /** Writes a value, whatever is there. */
  put(key: SubjectParams<Template>, value: Init): Promise<Saved<SubjectParams<Template>, T>>;
  /**
   * Writes a value where there is none, or none any more.
   *
   * @throws {ShizukuError} `already_exists`.
   */
  create(key: SubjectParams<Template>, value: Init): Promise<Saved<SubjectParams<Template>, T>>;
  /**
   * Writes a value on top of a revision.
   *
   * @param saved Such as `{...entry, value}`.
   * @throws {ShizukuError} `aborted` if the key has another revision.
   */
  update(saved: Saved<SubjectParams<Template>, Init>): Promise<Saved<SubjectParams<Template>, T>>;
  /**
   * Changes a value so that no other writer's change is lost, by compare-and-set.
   *
   * @param change Gets the value, or `undefined` where there is none, and gives the next one, or
   * `undefined` to leave it as it is. It may be called several times.
   * @returns What is there then.
   * @throws {ShizukuError} `aborted` if all attempts were lost; `canceled` by the signal.
   */
  modify(
    key: SubjectParams<Template>,
    change: (value: T | undefined) => Awaitable<Init | undefined>,
    options?: ModifyOptions,
  ): Promise<Saved<SubjectParams<Template>, T> | undefined>;
  /**
   * Deletes a value. Where the bucket has a history, it stays.
   *
   * @throws {ShizukuError} `aborted` if the key has another revision than `options.revision`.
   */
  delete(key: SubjectParams<Template>, options?: DeleteOptions): Promise<void>;
  /**
   * Deletes a value with its history.
   *
   * @throws {ShizukuError} `aborted` if the key has another revision than `options.revision`.
   */
  purge(key: SubjectParams<Template>, options?: DeleteOptions): Promise<void>;
  /**
   * Lists the keys, or those that have the parameters given. However many there are and however slow
   * the loop, only some thousand wait here.
   *
   * A key that is there from the beginning of the list to its end is given. One that is written
   * meanwhile may be given twice.
   */
  keys(
    pattern?: Partial<SubjectParams<Template>>,
  ): AsyncIterableIterator<SubjectParams<Template>>;
  /**
   * Lists the values, or those that have the parameters given: `entries({ origin: "ORD" })`, under the
   * same terms as {@linkcode Entity.keys}. Of one that is given twice, the second is the newer.
   *
   * @throws {ShizukuError} `data_loss` at a value that cannot be decoded.
   */
  entries(
    pattern?: Partial<SubjectParams<Template>>,
  ): AsyncIterableIterator<Entry<SubjectParams<Template>, T>>;
  /**
   * Counts the values, or those that have the parameters given.
   *
   * Every key is asked for, without its value, since the server cannot tell a value from the marker
   * of one that is gone. A {@linkcode Replica} knows its `size`.
   */
  count(pattern?: Partial<SubjectParams<Template>>): Promise<number>;
  /**
   * Gives the values that there are, then `ready`, then every change, until the loop ends or the
   * signal aborts. Nothing is asked of the server before the first event is.
   *
   * It goes on after the last revision when the connection was lost, a server has restarted or a
   * leader has changed, and notices within three seconds when it hears nothing any more.
   *
   * @throws {ShizukuError} `not_found` if the bucket is gone, `unavailable` if the connection is
   * closed.
   */
  watch(
    pattern?: Partial<SubjectParams<Template>>,
    options?: WatchOptions,
  ): AsyncIterableIterator<WatchEvent<SubjectParams<Template>, T>>;
  /**
   * Keeps a live copy of the values, or of those that have the parameters given, in this process:
   * reading it asks nobody. It begins at once, and ends when it is disposed of.
   *
   * @throws {ShizukuError} `invalid_argument` for an option that is not valid.
   */
  replica(
    pattern?: Partial<SubjectParams<Template>>,
    options?: ReplicaOptions,
  ): Replica<SubjectParams<Template>, T, Init>;
}

/**
 * Typed records of one kind: many values, each under a key of its own.
 *
 * @param options The key template, whose parameters may hold letters, digits, `-`, `/`, `_` and
 * `=`, and the codec.
 * @throws {ShizukuError} `invalid_argument` for a template that no key can have.
 * @example
 * ```ts ignore
 * import { json } from "@shizuku/shizuku/core";
 * import { entity, openBucket } from "@shizuku/shizuku/kv";
 *
 * const tickets = entity(await openBucket(nc, "tickets"), {
 *   key: "ticket.{id}",
 *   codec: json<{ title: string; votes: number }>(),
 * });
 * await tickets.create({ id: "7" }, { title: "Printer on fire", votes: 0 });
 * await tickets.modify({ id: "7" }, (ticket) => ticket && { ...ticket, votes: ticket.votes + 1 });
 * ```
 */
export function entity<const Template extends string, C extends Codec<unknown>>(
  bucket: Bucket,
  { key, codec }: EntityOptions<Template, C>,
): Entity<Template, Decoded<C>, Encodable<C>> {
  return new BucketEntity(
    bucket,
    keyTemplate(key),
    codec as unknown as EntityCodec<Decoded<C>, Encodable<C>>,
  );
}
