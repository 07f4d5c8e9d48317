import type { StandardSchemaV1 } from "@standard-schema/spec";
import { pathOf } from "./_issues.ts";
import { decodeError, decoder } from "./_decoder.ts";
import { decodeUtf8, encodeUtf8 } from "./_utf8.ts";
import { isPromiseLike } from "./processor.ts";
import { BYTES_CONTENT_TYPE, JSON_CONTENT_TYPE, TEXT_CONTENT_TYPE } from "./_content_types.ts";

/**
 * Turns values of one type into bytes and back.
 *
 * @example One of your own: dates as text
 * ```ts
 * import { type Codec, text } from "@shizuku/shizuku/core";
 *
 * const date: Codec<Date> = {
 *   name: "date",
 *   contentType: "text/plain",
 *   encode: (value) => text.encode(value.toISOString()),
 *   decode: (data) => new Date(text.decode(data)),
 * };
 * console.log(date.decode(date.encode(new Date(0))).getTime()); // 0
 * ```
 */
export interface Codec<T> {
  /** For people: what is read and written, such as `flights.v1.Flight`. */
  readonly name: string;
  /** Content type of the bytes. */
  readonly contentType: string;
  /** Gives the bytes of a value. */
  encode(value: T): Uint8Array;
  /**
   * Reads a value.
   *
   * @throws {ShizukuError} `invalid_argument` with the name of the type, the size and, where it is
   * known, the position; never with the payload.
   */
  decode(bytes: Uint8Array): T;
}

/**
 * The value type of a codec.
 *
 * @example
 * ```ts
 * import { type CodecValue, json } from "@shizuku/shizuku/core";
 *
 * const flight = json<{ id: string; gate: number }>();
 * const boarding: CodecValue<typeof flight> = { id: "7", gate: 12 };
 * ```
 */
export type CodecValue<C> = C extends Codec<infer T> ? T : never;

/**
 * A validator that follows Standard Schema, from any library that does.
 *
 * @example A schema of zod is one
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { z } from "zod";
 *
 * const codec = json(z.object({ id: z.string() }));
 * console.log(codec.decode(codec.encode({ id: "7" })).id); // 7
 * ```
 * @see https://standardschema.dev
 */
export interface Validator<T> {
  /** As the specification says. */
  readonly "~standard": StandardSchemaV1.Props<unknown, T>;
}

/**
 * Bytes as they are.
 *
 * @example
 * ```ts
 * import { bytes } from "@shizuku/shizuku/core";
 *
 * console.log(bytes.decode(bytes.encode(Uint8Array.of(1, 2))).length); // 2
 * ```
 */
export const bytes: Codec<Uint8Array> = {
  name: "bytes",
  contentType: BYTES_CONTENT_TYPE,
  encode: (value) => value,
  decode: (data) => data,
};

/**
 * UTF-8 text.
 *
 * @example
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 *
 * console.log(text.decode(text.encode("Zürich"))); // Zürich
 * ```
 */
export const text: Codec<string> = {
  name: "text",
  contentType: TEXT_CONTENT_TYPE,
  encode: encodeUtf8,
  decode: /* @__PURE__ */ decoder("text", "UTF-8", decodeUtf8),
};

/**
 * JSON, as it is or checked by a validator when it is read.
 *
 * @param validator Anything that follows Standard Schema and answers at once.
 * @param name For error messages.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 *
 * const codec = json<{ id: string }>();
 * console.log(codec.decode(codec.encode({ id: "7" })).id); // 7
 * ```
 */
export function json<T>(validator?: Validator<T>, name: string = "json"): Codec<T> {
  const parse = decoder(name, "JSON", parseJson);
  return {
    name,
    contentType: JSON_CONTENT_TYPE,
    encode(value) {
      const encoded: string | undefined = JSON.stringify(value);
      if (encoded !== undefined) return encodeUtf8(encoded);
      throw new TypeError(
        `Cannot encode ${name} as its value must be JSON: current value is ${typeof value}`,
      );
    },
    decode(data) {
      const value = parse(data);
      return validator === undefined ? value as T : validate(validator, name, data, value);
    },
  };
}

function parseJson(data: Uint8Array): unknown {
  const decoded = decodeUtf8(data);
  return JSON.parse(decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded);
}

function validate<T>(validator: Validator<T>, name: string, data: Uint8Array, value: unknown): T {
  const result = validator["~standard"].validate(value);
  if (isPromiseLike(result)) {
    throw new TypeError(`Cannot decode ${name} as its validator must be sync`);
  }
  if (result.issues === undefined) return result.value;
  const paths = result.issues.map(pathOf).filter(Boolean).join(", ");
  throw decodeError(name, "valid", data, paths && `at ${paths}`);
}
