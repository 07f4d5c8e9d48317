import type { Codec } from "../core/mod.ts";

/**
 * Where a value is kept.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { encrypted, newEncryptionKey } from "@shizuku/shizuku/kv/encrypted";
 * import type { ValuePlace } from "@shizuku/shizuku/kv";
 *
 * const codec = encrypted(json<string>(), {
 *   current: "2026-11",
 *   keys: { "2026-11": newEncryptionKey() },
 * });
 * const place: ValuePlace = { bucket: "accounts", key: "account.7" };
 * console.log(codec.decodeAt(codec.encodeAt("secret", place), place)); // secret
 * ```
 */
export interface ValuePlace {
  /** Name of the bucket. */
  readonly bucket: string;
  /** The whole key in the bucket. */
  readonly key: string;
}

/**
 * Turns values of one type into bytes that are good for one place only, and back. An
 * {@linkcode Entity} and a {@linkcode Value} take one wherever they take a `Codec`.
 *
 * @typeParam T The value as it is read.
 * @typeParam Init The value as it may be written.
 * @example Bytes that tell where they belong
 * ```ts
 * import type { PlacedCodec } from "@shizuku/shizuku/kv";
 *
 * const placed: PlacedCodec<string> = {
 *   name: "placed text",
 *   encodeAt: (value, { key }) => new TextEncoder().encode(`${key}\n${value}`),
 *   decodeAt: (bytes, { key }) => new TextDecoder().decode(bytes).slice(key.length + 1),
 * };
 * const place = { bucket: "notes", key: "note.7" };
 * console.log(placed.decodeAt(placed.encodeAt("Hello", place), place)); // Hello
 * ```
 */
export interface PlacedCodec<T, Init = T> {
  /** For people: what is read and written. */
  readonly name: string;
  /** Gives the bytes of a value that is to be kept there. */
  encodeAt(value: Init, place: ValuePlace): Uint8Array;
  /**
   * Reads a value that was found there.
   *
   * @throws {ShizukuError} `invalid_argument`, without anything of the value.
   */
  decodeAt(bytes: Uint8Array, place: ValuePlace): T;
}

/**
 * A codec for the values of a bucket: whichever place they have, or for one place each.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import type { ValueCodec } from "@shizuku/shizuku/kv";
 *
 * const nameOf = (codec: ValueCodec) => codec.name;
 * console.log(nameOf(json<{ title: string }>(undefined, "ticket"))); // ticket
 * ```
 */
export type ValueCodec = Codec<unknown> | PlacedCodec<unknown>;

/**
 * The type that a codec reads.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import type { Decoded } from "@shizuku/shizuku/kv";
 *
 * const codec = json<{ title: string }>();
 * const ticket: Decoded<typeof codec> = { title: "Printer on fire" };
 * ```
 */
export type Decoded<C> = C extends { decode(bytes: Uint8Array): infer T } ? T
  : C extends { decodeAt(bytes: Uint8Array, place: ValuePlace): infer T } ? T
  : never;

/**
 * The type that a codec writes: for protobuf also the plain object to make a message of.
 *
 * @example For protobuf a plain object as well
 * ```ts
 * import type { Encodable } from "@shizuku/shizuku/kv";
 * import { protobuf } from "@shizuku/shizuku/core";
 * import { TimestampSchema } from "@bufbuild/protobuf/wkt";
 *
 * const codec = protobuf(TimestampSchema);
 * const time: Encodable<typeof codec> = { seconds: 7n };
 * console.log(codec.encode(time).length); // 2
 * ```
 */
export type Encodable<C> = C extends { encode(value: infer T): Uint8Array } ? T
  : C extends { encodeAt(value: infer T, place: ValuePlace): Uint8Array } ? T
  : never;
