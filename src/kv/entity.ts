import type { Awaitable, SubjectParams } from "../core/mod.ts";
import { BucketEntity } from "./_bucket_entity.ts";
import { keyTemplate } from "./_key_template.ts";
import type { Bucket } from "./bucket.ts";
import type { Deletion, Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";
import { escapedKeys, type KeyCodec } from "./key_codec.ts";
import type { Changed, ModifyOptions } from "./modify_options.ts";
import type { Decoded, Encodable, ValueCodec } from "./placed_codec.ts";
import type { Replica, ReplicaOptions } from "./replica.ts";

/**
 * What an {@linkcode entity} is.
 *
 * @example Keys that hold any text
 * ```ts ignore
 * import { entity } from "@shizuku/shizuku/kv";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const users = entity(bucket, {
 *   key: "user.{email}",
 *   codec: json<{ name: string }>(),
 *   encodeKeys: true,
 * });
 * await users.put({ email: "ada@example.org" }, { name: "Ada" });
 * ```
 */
export interface EntityOptions<Template extends string, C extends ValueCodec> {
  /** Its keys, with parameters: `ticket.{id}`. */
  key: Template;
  /** How its values are written and read. */
  codec: C;
  /**
   * Whether parameters may hold any text: `true` writes what is not safe as {@linkcode escapedKeys}
   * does, and a codec in its own way. By default, what is not safe is refused.
   * @default {false}
   */
  encodeKeys?: boolean | KeyCodec;
}

/**
 * Options of {@linkcode Entity.create}.
 *
 * @example
 * ```ts ignore
 * await tickets.create({ id: "7" }, { title: "Printer on fire" }, { ttlMs: 60_000 });
 * ```
 */
export interface CreateOptions {
  /**
   * Milliseconds after which the value expires, at least 1000; rounded up to seconds. The time ends
   * with this value: what is written over it stays.
   */
  ttlMs?: number;
}

/**
 * Options of {@linkcode Entity.delete}.
 *
 * @example Only what was read
 * ```ts ignore
 * const entry = await tickets.get({ id: "7" });
 * if (entry) await tickets.delete({ id: "7" }, { revision: entry.revision });
 * ```
 */
export interface DeleteOptions {
  /** Revision that the value must have, 0 for none. By default it is not looked at. */
  revision?: number;
}

/**
 * Options of {@linkcode Entity.purge}.
 *
 * @example
 * ```ts ignore
 * await tickets.purge({ id: "7" }, { ttlMs: 86_400_000 });
 * ```
 */
export interface PurgeOptions extends DeleteOptions {
  /**
   * Milliseconds after which the server also forgets that there was a value, at least 1000; rounded
   * up to seconds. By default it never does.
   */
  ttlMs?: number;
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
 * @example
 * ```ts ignore
 * import { entity, type Entity } from "@shizuku/shizuku/kv";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const tickets: Entity<"ticket.{id}", Ticket> = entity(bucket, {
 *   key: "ticket.{id}",
 *   codec: json<Ticket>(),
 * });
 * await tickets.put({ id: "7" }, { title: "Printer on fire" });
 * for await (const { key, value } of tickets.entries()) console.log(key.id, value.title);
 * ```
 */
export interface Entity<Template extends string, T, Init = T> {
  /** The bucket that it is in. */
  readonly bucket: Bucket;
  /** How its values are written and read. */
  readonly codec: ValueCodec;
  /** The key in the bucket: `ticket.7`. */
  keyOf(key: SubjectParams<Template>): string;
  /** The parameters of a key in the bucket, or `undefined` if it is not of this entity. */
  paramsOf(name: string): SubjectParams<Template> | undefined;
  /** What to watch of the bucket for some of the parameters: `ticket.*`. */
  filterOf(pattern?: Partial<SubjectParams<Template>>): string;
  /**
   * Reads a value. From the leader, unless the bucket was opened with other `reads`: then what was
   * acknowledged before is seen.
   *
   * @throws {ShizukuError} `data_loss` if it cannot be decoded.
   */
  get(key: SubjectParams<Template>): Promise<Entry<SubjectParams<Template>, T> | undefined>;
  /**
   * Reads many values at once: where direct reads are allowed in one question, else in one for each,
   * all under way together.
   *
   * @returns An entry or `undefined` for each key, in their order.
   * @throws {ShizukuError} `data_loss` if one of them cannot be decoded.
   */
  getMany(
    keys: Iterable<SubjectParams<Template>>,
  ): Promise<(Entry<SubjectParams<Template>, T> | undefined)[]>;
  /**
   * Reads a value as it was at one of its revisions; `undefined` if that is not kept any more, was a
   * deletion, or is one of another key.
   *
   * @throws {ShizukuError} `data_loss` if it cannot be decoded.
   */
  at(
    key: SubjectParams<Template>,
    revision: number,
  ): Promise<Entry<SubjectParams<Template>, T> | undefined>;
  /**
   * Reads all revisions that are kept, deletions too, the oldest first: as many as the bucket's
   * `history`.
   *
   * @throws {ShizukuError} `data_loss` if one of them cannot be decoded.
   */
  history(
    key: SubjectParams<Template>,
  ): Promise<(Entry<SubjectParams<Template>, T> | Deletion<SubjectParams<Template>>)[]>;
  /** Writes a value, whatever is there. */
  put(key: SubjectParams<Template>, value: Init): Promise<Saved<SubjectParams<Template>, T>>;
  /**
   * Writes a value where there is none, or none any more.
   *
   * @throws {ShizukuError} `already_exists`; `failed_precondition` for a `ttlMs` in a bucket that
   * does not allow it.
   */
  create(
    key: SubjectParams<Template>,
    value: Init,
    options?: CreateOptions,
  ): Promise<Saved<SubjectParams<Template>, T>>;
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
   * Changes of one key by one process take turns. A key that this process has changed lately is
   * written without reading it first, so that a change which nobody competes with is one round trip.
   * A write whose acknowledgement is lost is found again by its message id.
   *
   * @param change Gets the value, or `undefined` where there is none, and gives the next one;
   * {@linkcode KEEP} or nothing to leave it as it is; {@linkcode DELETE} to delete it. It may be
   * called several times, also with a value that is not there any more; only the last call counts.
   * @returns What is there then, or `undefined` if there is nothing.
   * @throws {ShizukuError} `aborted` if all attempts were lost; `canceled` by the signal;
   * `deadline_exceeded`, not retryable, if it cannot be found out whether the write was done. What
   * `change` throws is passed on.
   */
  modify(
    key: SubjectParams<Template>,
    change: (value: T | undefined) => Awaitable<Changed<Init>>,
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
   * @throws {ShizukuError} `aborted` if the key has another revision than `options.revision`;
   * `failed_precondition` for a `ttlMs` in a bucket that does not allow it.
   */
  purge(key: SubjectParams<Template>, options?: PurgeOptions): Promise<void>;
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
 * @param options The key template, whose parameters may hold letters, digits, `-`, `/`, `_` and `=`
 * or, with `encodeKeys`, anything; and the codec.
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
export function entity<const Template extends string, C extends ValueCodec>(
  bucket: Bucket,
  { key, codec, encodeKeys = false }: EntityOptions<Template, C>,
): Entity<Template, Decoded<C>, Encodable<C>> {
  const keys = encodeKeys === true ? escapedKeys : encodeKeys || undefined;
  return new BucketEntity(bucket, keyTemplate(key, keys), codec);
}
