import type { Codec } from "../core/mod.ts";

/** Where a value is kept. */
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

/** A codec for the values of a bucket: whichever place they have, or for one place each. */
export type ValueCodec = Codec<unknown> | PlacedCodec<unknown>;

/** The type that a codec reads. */
export type Decoded<C> = C extends { decode(bytes: Uint8Array): infer T } ? T
  : C extends { decodeAt(bytes: Uint8Array, place: ValuePlace): infer T } ? T
  : never;

/** The type that a codec writes: for protobuf also the plain object to make a message of. */
export type Encodable<C> = C extends { encode(value: infer T): Uint8Array } ? T
  : C extends { encodeAt(value: infer T, place: ValuePlace): Uint8Array } ? T
  : never;
