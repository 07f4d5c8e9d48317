import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";

type Match = Parameters<MsgHdrs["get"]>[1];

/** The first line, ADR-4. */
const VERSION = "NATS/1.0\r\n";
const SLAB_BYTES = 16_384;
/** UTF-16 units need at most so many bytes each. */
const BYTES_PER_UNIT = 3;

let encoder: TextEncoder | undefined;
let slab = new Uint8Array(0);
let used = 0;

/** One line of headers. */
export function headerLine(name: string, value: string | number): string {
  return `${name}: ${value}\r\n`;
}

/**
 * Headers of a message that is published, written once.
 *
 * The client's own headers are a map that is filled, joined and encoded for each message; that takes
 * a third of the throughput. The client calls `encode()` on whatever it is given. Everything else of
 * its type works too, on the client's own headers, which are made when somebody asks.
 */
export class OutgoingHeaders implements MsgHdrs {
  readonly #lines: string;
  #encoded: Uint8Array | undefined;
  #own: MsgHdrs | undefined;

  /** @param lines Lines as {@linkcode headerLine} makes them, at least one. */
  constructor(lines: string) {
    this.#lines = lines;
  }

  /** How many bytes they take. */
  get byteLength(): number {
    return this.encode().length;
  }

  /** Called by the client when it writes the message. */
  encode(): Uint8Array {
    if (this.#own !== undefined) return encode(linesOf(this.#own));
    return this.#encoded ??= encode(this.#lines);
  }

  /** The client's headers of the same content, from now on the ones that count. */
  #open(): MsgHdrs {
    if (this.#own !== undefined) return this.#own;
    const own = createHeaders();
    for (const line of this.#lines.split("\r\n").slice(0, -1)) {
      const colon = line.indexOf(":");
      own.append(line.slice(0, colon), line.slice(colon + 2));
    }
    return this.#own = own;
  }

  get hasError(): boolean {
    return false;
  }

  get status(): string {
    return this.#open().status;
  }

  get code(): number {
    return 0;
  }

  get description(): string {
    return "";
  }

  get(name: string, match?: Match): string {
    return this.#open().get(name, match);
  }

  set(name: string, value: string, match?: Match): void {
    this.#open().set(name, value, match);
  }

  append(name: string, value: string, match?: Match): void {
    this.#open().append(name, value, match);
  }

  has(name: string, match?: Match): boolean {
    return this.#open().has(name, match);
  }

  keys(): string[] {
    return this.#open().keys();
  }

  values(name: string, match?: Match): string[] {
    return this.#open().values(name, match);
  }

  delete(name: string, match?: Match): void {
    this.#open().delete(name, match);
  }

  last(name: string, match?: Match): string {
    return this.#open().last(name, match);
  }

  [Symbol.iterator](): Iterator<[string, string[]]> {
    return this.#open()[Symbol.iterator]();
  }
}

/** All lines of headers. */
export function linesOf(headers: Iterable<readonly [string, readonly string[]]>): string {
  let lines = "";
  for (const [name, values] of headers) {
    for (const value of values) lines += headerLine(name, value);
  }
  return lines;
}

/** Writes into shared memory, many headers one after the other: cheaper than an array for each. */
function encode(lines: string): Uint8Array {
  const text = `${VERSION}${lines}\r\n`;
  const room = text.length * BYTES_PER_UNIT;
  encoder ??= new TextEncoder();
  if (room > SLAB_BYTES / 4) return encoder.encode(text);
  if (used + room > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const { written } = encoder.encodeInto(text, slab.subarray(used, used + room));
  return slab.subarray(used, used += written);
}
