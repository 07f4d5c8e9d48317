import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ShizukuError } from "./shizuku_error.ts";

/** Turns values of one type into bytes and back. */
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
   * @throws {ShizukuError} `invalid_argument` with the name of the type and the size, and without
   * the payload.
   */
  decode(bytes: Uint8Array): T;
}

/** The value type of a codec. */
export type CodecValue<C> = C extends Codec<infer T> ? T : never;

/**
 * A validator that follows Standard Schema, from any library that does.
 *
 * @see https://standardschema.dev
 */
export interface Validator<T> {
  /** As the specification says. */
  readonly "~standard": StandardSchemaV1.Props<unknown, T>;
}

/** Bytes as they are. */
export const bytes: Codec<Uint8Array> = {
  name: "bytes",
  contentType: "application/octet-stream",
  encode: (value) => value,
  decode: (data) => data,
};

/** UTF-8 text. */
export const text: Codec<string> = {
  name: "text",
  contentType: "text/plain",
  encode: (value) => new TextEncoder().encode(value),
  decode: (data) =>
    decoding("text", data, () => new TextDecoder("utf-8", { fatal: true }).decode(data)),
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
  return {
    name,
    contentType: "application/json",
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    decode(data) {
      const value: unknown = decoding(name, data, () => JSON.parse(new TextDecoder().decode(data)));
      return validator === undefined ? value as T : validate(validator, name, value);
    },
  };
}

function validate<T>(validator: Validator<T>, name: string, value: unknown): T {
  const result = validator["~standard"].validate(value);
  if (result instanceof Promise) {
    throw new TypeError(`Cannot decode ${name} as its validator is asynchronous`);
  }
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => issue.message).join("; ");
  throw new ShizukuError("invalid_argument", `Cannot decode ${name}: ${issues}`, { stage: "pre" });
}

/**
 * Runs a decoder and turns what it throws into an error that names type and size only.
 *
 * @throws {ShizukuError} `invalid_argument`, stage `pre`, with what was thrown as cause.
 */
export function decoding<T>(name: string, data: Uint8Array, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new ShizukuError("invalid_argument", `Cannot decode ${name} from ${data.length} bytes`, {
      stage: "pre",
      cause,
    });
  }
}
