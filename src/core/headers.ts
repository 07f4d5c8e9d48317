import { ShizukuError } from "./shizuku_error.ts";

/** Headers as a plain record: a name has one value, or several in order. */
export type HeadersRecord = Readonly<Record<string, string | readonly string[]>>;

/** The part of nats-core's `MsgHdrs` that is read here. */
export interface HeadersSource extends Iterable<[string, string[]]> {}

/** The part of nats-core's `MsgHdrs` that is written here. */
export interface HeadersTarget {
  /** Adds a value. */
  append(name: string, value: string): void;
}

const RESERVED = /^(nats|shizuku)-/i;
// RFC 9110 token, which is what the NATS client accepts as a name (ADR-4).
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// deno-lint-ignore no-control-regex
const FORBIDDEN_IN_VALUE = /[\x00-\x1f\x7f]/;

/**
 * Headers of one message. Immutable; names are found in any case, and kept as they were written.
 *
 * @example
 * ```ts
 * import { MessageHeaders } from "@shizuku/shizuku/core";
 *
 * const headers = MessageHeaders.from({ "X-Tenant": "acme", accept: ["a", "b"] });
 * console.log(headers.get("x-tenant"), headers.getAll("Accept")); // acme [ "a", "b" ]
 * ```
 * @see ADR-4 (NATS message headers)
 */
export class MessageHeaders implements Iterable<[string, readonly string[]]> {
  /** No headers at all. */
  static readonly EMPTY: MessageHeaders = new MessageHeaders(new Map());

  readonly #values: ReadonlyMap<string, { name: string; values: readonly string[] }>;

  private constructor(values: ReadonlyMap<string, { name: string; values: readonly string[] }>) {
    this.#values = values;
  }

  /** Reads a record, or the headers of a NATS message. `undefined` has none. */
  static from(source: HeadersRecord | HeadersSource | undefined): MessageHeaders {
    if (source === undefined) return MessageHeaders.EMPTY;
    const entries = isIterable(source) ? source : Object.entries(source);
    const map = new Map<string, { name: string; values: string[] }>();
    for (const [name, value] of entries) {
      const values = typeof value === "string" ? [value] : [...value];
      const known = map.get(name.toLowerCase());
      if (known === undefined) map.set(name.toLowerCase(), { name, values });
      else known.values.push(...values);
    }
    return new MessageHeaders(map);
  }

  /** How many names there are. */
  get size(): number {
    return this.#values.size;
  }

  /** The first value of a name. */
  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase())?.values[0];
  }

  /** All values of a name, in order. */
  getAll(name: string): readonly string[] {
    return this.#values.get(name.toLowerCase())?.values ?? [];
  }

  /** Names with their values. */
  *[Symbol.iterator](): Generator<[string, readonly string[]]> {
    for (const { name, values } of this.#values.values()) yield [name, values];
  }

  /** The record form. */
  toRecord(): Record<string, readonly string[]> {
    return Object.fromEntries(this);
  }
}

/**
 * Checks headers that a caller wants to send.
 *
 * @throws {ShizukuError} `invalid_argument` for a name that is not a token, a value with control
 * characters, and for the names that NATS (`Nats-*`) and this library (`Shizuku-*`) keep for
 * themselves.
 */
export function checkHeaders(headers: HeadersRecord | MessageHeaders): void {
  for (const [name, values] of MessageHeaders.from(headers as HeadersRecord)) {
    if (!NAME.test(name)) refuse(name, "its name must be a token");
    if (RESERVED.test(name)) refuse(name, "names that start with Nats- or Shizuku- are reserved");
    if (values.some((value) => FORBIDDEN_IN_VALUE.test(value))) {
      refuse(name, "its value must not hold control characters");
    }
  }
}

/** Adds headers to those of a NATS message. */
export function writeHeaders(headers: HeadersRecord | MessageHeaders, target: HeadersTarget): void {
  for (const [name, values] of MessageHeaders.from(headers as HeadersRecord)) {
    for (const value of values) target.append(name, value);
  }
}

function refuse(name: string, reason: string): never {
  throw new ShizukuError(
    "invalid_argument",
    `Cannot send header ${JSON.stringify(name)}: ${reason}`,
  );
}

function isIterable(source: object): source is Iterable<[string, string | readonly string[]]> {
  return Symbol.iterator in source;
}
