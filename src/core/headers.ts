import { shown } from "./_check.ts";
import { refusal } from "./_refusal.ts";

/**
 * Headers as a plain record: a name has one value, or several in order.
 *
 * @example
 * ```ts
 * import { MessageHeaders } from "@shizuku/shizuku/core";
 *
 * const headers = MessageHeaders.from({ Tenant: "acme", Tag: ["red", "blue"] });
 * console.log(headers.getAll("tag")); // [ "red", "blue" ]
 * ```
 */
export type HeadersRecord = Readonly<Record<string, string | readonly string[]>>;

/**
 * The part of nats-core's `MsgHdrs` that is read here.
 *
 * @example Read those of a message of nats-core
 * ```ts
 * import { MessageHeaders } from "@shizuku/shizuku/core";
 * import { headers } from "@nats-io/nats-core";
 *
 * const received = headers();
 * received.append("Tenant", "acme");
 * console.log(MessageHeaders.from(received).get("Tenant")); // acme
 * ```
 */
export interface HeadersSource extends Iterable<[string, string[]]> {}

/**
 * The part of nats-core's `MsgHdrs` that is written here.
 *
 * @example A `Headers` of HTTP is one as well
 * ```ts
 * import { writeHeaders } from "@shizuku/shizuku/core";
 *
 * const target = new Headers();
 * writeHeaders({ Tenant: "acme" }, target);
 * console.log(target.get("tenant")); // acme
 * ```
 */
export interface HeadersTarget {
  /** Adds a value. */
  append(name: string, value: string): void;
}

type Entry = readonly [name: string, values: readonly string[]];

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
export class MessageHeaders implements Iterable<readonly [string, readonly string[]]> {
  /** No headers at all. */
  static get EMPTY(): MessageHeaders {
    return new MessageHeaders([]);
  }

  readonly #entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** Reads a record, or the headers of a NATS message. `undefined` has none. */
  static from(source: HeadersRecord | HeadersSource | MessageHeaders = {}): MessageHeaders {
    if (source instanceof MessageHeaders) return source;
    const entries: Entry[] = [];
    const pairs = Symbol.iterator in source ? source as HeadersSource : Object.entries(source);
    for (const [name, value] of pairs) {
      entries.push([name, typeof value === "string" ? [value] : [...value]]);
    }
    return new MessageHeaders(entries);
  }

  /** How many names there are. */
  get size(): number {
    return this.#entries.length;
  }

  /** The first value of a name. */
  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  /** All values of a name, in order. */
  getAll(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return this.#entries.flatMap(([found, values]) => found.toLowerCase() === wanted ? values : []);
  }

  /** Names with their values. */
  [Symbol.iterator](): IterableIterator<readonly [string, readonly string[]]> {
    return this.#entries.values();
  }

  /** The record form. */
  toRecord(): Record<string, readonly string[]> {
    return Object.fromEntries(this.#entries);
  }
}

/**
 * Checks headers that a caller wants to send.
 *
 * What passes arrives as it was written: NATS carries ASCII, clients trim values, and a line break
 * would begin another header.
 *
 * @throws {ShizukuError} `invalid_argument` for a name that is not a token, a value that is not
 * printable ASCII or begins or ends with a space, and for the names that NATS (`Nats-*`) and this
 * library (`Shizuku-*`) keep for themselves.
 * @example
 * ```ts
 * import { checkHeaders, ShizukuError } from "@shizuku/shizuku/core";
 *
 * checkHeaders({ Tenant: "acme" });
 * try {
 *   checkHeaders({ "Nats-Msg-Id": "7" });
 * } catch (error) {
 *   console.log(ShizukuError.from(error).code); // invalid_argument
 * }
 * ```
 * @see ADR-4 (NATS message headers)
 */
export function checkHeaders(headers: HeadersRecord | MessageHeaders): void {
  for (const [name, values] of MessageHeaders.from(headers)) {
    // A token of RFC 9110 is what every NATS client accepts as a name.
    const reason = !/^[!#$%&'*+\-.^_`|~\w]+$/.test(name)
      ? "its name must be a token"
      : /^(nats|shizuku)-/i.test(name)
      ? "its name must not be Nats-* or Shizuku-*"
      : !values.every((value) => /^[ -~]*$/.test(value) && value.trim() === value)
      ? "its value must be trimmed, printable ASCII"
      : undefined;
    if (reason !== undefined) throw refusal(`Cannot send header ${shown(name)} as ${reason}`);
  }
}

/**
 * Adds headers to those of a NATS message.
 *
 * @example
 * ```ts
 * import { writeHeaders } from "@shizuku/shizuku/core";
 * import { headers } from "@nats-io/nats-core";
 *
 * const target = headers();
 * writeHeaders({ Tenant: "acme" }, target);
 * console.log(target.get("Tenant")); // acme
 * ```
 */
export function writeHeaders(headers: HeadersRecord | MessageHeaders, target: HeadersTarget): void {
  for (const [name, values] of MessageHeaders.from(headers)) {
    for (const value of values) target.append(name, value);
  }
}
