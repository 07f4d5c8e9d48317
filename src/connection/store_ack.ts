import { type ApiError, JetStreamError } from "./jetstream_error.ts";

/** What a stream says of a message that it has stored. */
export interface StoreAck {
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** Whether the stream had it already, under the same message id. */
  readonly duplicate: boolean;
  /** Number of messages of a batch that is now stored whole. */
  readonly batchSize?: number;
  /** New value of a counter. */
  readonly value?: string;
}

/** An acknowledgement as the server writes it. */
interface Wire {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly count?: number;
  readonly val?: string;
  readonly error?: ApiError;
}

const START = [...'{"stream":"'].map((char) => char.charCodeAt(0));
const MIDDLE = [...'","seq":'].map((char) => char.charCodeAt(0));
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const CLOSE = 0x7d;

/** The last stream's name that was read, in bytes and as text: mostly it is the next one too. */
let lastName: { bytes: Uint8Array; text: string } = { bytes: new Uint8Array(), text: "" };

/**
 * Reads an acknowledgement.
 *
 * Nearly all have the same short form, `{"stream":"NAME","seq":7}`, which is read byte by byte;
 * everything else goes through the JSON parser.
 *
 * @throws {JetStreamError} If the stream has refused the message.
 * @throws {Error} If it is no acknowledgement at all: somebody else has answered.
 */
export function readStoreAck(data: Uint8Array): StoreAck {
  return readShort(data) ?? readJson(data);
}

function readShort(data: Uint8Array): StoreAck | undefined {
  if (!matches(data, 0, START)) return undefined;
  const nameEnd = data.indexOf(QUOTE, START.length);
  if (nameEnd < 0 || !matches(data, nameEnd, MIDDLE)) return undefined;
  let sequence = 0;
  let at = nameEnd + MIDDLE.length;
  for (; at < data.length - 1; at++) {
    const digit = data[at]! - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    sequence = sequence * 10 + digit;
  }
  if (data[at] !== CLOSE || sequence === 0) return undefined;
  const stream = readName(data, START.length, nameEnd);
  return stream === undefined ? undefined : { stream, sequence, duplicate: false };
}

function matches(data: Uint8Array, start: number, wanted: readonly number[]): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if (data[start + index] !== wanted[index]) return false;
  }
  return true;
}

function readName(data: Uint8Array, start: number, end: number): string | undefined {
  const { bytes, text } = lastName;
  let index = 0;
  if (bytes.length === end - start) {
    while (index < bytes.length && bytes[index] === data[start + index]) index++;
    if (index === bytes.length) return text;
  }
  const name = data.slice(start, end);
  if (name.includes(BACKSLASH)) return undefined;
  lastName = { bytes: name, text: new TextDecoder().decode(name) };
  return lastName.text;
}

function readJson(data: Uint8Array): StoreAck {
  const { stream, seq, duplicate = false, count, val, error } = parse(data);
  if (error !== undefined) throw JetStreamError.of(error);
  if (typeof stream !== "string" || typeof seq !== "number") throw notAnAck(data);
  return {
    stream,
    sequence: seq,
    duplicate,
    ...(count !== undefined && { batchSize: count }),
    ...(val !== undefined && { value: val }),
  };
}

function parse(data: Uint8Array): Wire {
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(data));
    if (typeof found === "object" && found !== null) return found;
  } catch {
    // Not JSON, so not from a stream.
  }
  throw notAnAck(data);
}

function notAnAck(data: Uint8Array): Error {
  return new Error(
    `Cannot read an acknowledgement as it must come from a stream: the answer has ` +
      `${data.length} bytes of another form`,
  );
}
