import type { Awaitable, Codec, SubjectParams } from "../core/mod.ts";
import { BucketEntity } from "./_bucket_entity.ts";
import { keyTemplate } from "./_key_template.ts";
import type { Bucket } from "./bucket.ts";
import type { Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";

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
  /** Where they are kept. */
  readonly bucket: Bucket;
  /** How its values are written and read. */
  readonly codec: Codec<unknown>;
  /** The key in the bucket: `ticket.7`. */
  keyOf(key: SubjectParams<Template>): string;
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
  /** Lists the keys, or those that have the parameters given. */
  keys(pattern?: Partial<SubjectParams<Template>>): AsyncIterable<SubjectParams<Template>>;
  /**
   * Lists the values, or those that have the parameters given: `entries({ origin: "ORD" })`.
   *
   * @throws {ShizukuError} `data_loss` at a value that cannot be decoded.
   */
  entries(
    pattern?: Partial<SubjectParams<Template>>,
  ): AsyncIterable<Entry<SubjectParams<Template>, T>>;
  /** Counts the values, or those that have the parameters given. It asks for every key. */
  count(pattern?: Partial<SubjectParams<Template>>): Promise<number>;
  /**
   * Gives the values that there are, then `ready`, then every change, until the loop ends or the
   * signal aborts. Nothing is asked of the server before the first event is.
   */
  watch(
    pattern?: Partial<SubjectParams<Template>>,
    options?: WatchOptions,
  ): AsyncIterable<WatchEvent<SubjectParams<Template>, T>>;
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
  return new BucketEntity<SubjectParams<Template>, Decoded<C>, Encodable<C>>(
    bucket,
    keyTemplate(key),
    codec,
  );
}
