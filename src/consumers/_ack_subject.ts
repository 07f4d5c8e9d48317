/** What the reply subject of a delivered message says. */
export interface AckSubject {
  /** Name of the stream. */
  readonly stream: string;
  /** Name of the consumer. */
  readonly consumer: string;
  /** How often the server has delivered the message, this time included. */
  readonly deliveryCount: number;
  /** Sequence in the stream. */
  readonly streamSequence: number;
  /** Sequence of the delivery in the consumer. */
  readonly consumerSequence: number;
  /** When the server stored the message, in milliseconds since 1970. */
  readonly storedAt: number;
  /** How many messages wait for the consumer behind this one. */
  readonly pending: number;
}

interface Prefix {
  readonly text: string;
  readonly stream: string;
  readonly consumer: string;
}

/** The start of the last subject that was read: mostly it is that of the next one too. */
let last: Prefix = { text: "\0", stream: "", consumer: "" };

const DOT = 0x2e;
const ZERO = 0x30;

/**
 * Reads the reply subject of a delivered message, of either form:
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sseq>.<cseq>.<time>.<pending>`, or with domain and hash
 * of the account before the stream and a random token at the end.
 *
 * @returns Nothing if it is no such subject.
 * @see ADR-15 (JetStream subscribe workflow)
 */
export function readAckSubject(reply: string): AckSubject | undefined {
  if (!reply.startsWith(last.text)) {
    const prefix = readPrefix(reply);
    if (prefix === undefined) return undefined;
    last = prefix;
  }
  const { stream, consumer } = last;
  cursor = last.text.length;
  const deliveryCount = readNumber(reply);
  const streamSequence = readNumber(reply);
  const consumerSequence = readNumber(reply);
  const timeAt = cursor;
  const timeEnd = reply.indexOf(".", timeAt);
  if (timeEnd === -1) return undefined;
  cursor = timeEnd + 1;
  const pending = readNumber(reply);
  // One that is no number makes the sum none either.
  if (Number.isNaN(deliveryCount + streamSequence + consumerSequence + pending)) return undefined;
  return new ReadAckSubject(
    stream,
    consumer,
    deliveryCount,
    streamSequence,
    consumerSequence,
    pending,
    reply,
    timeAt,
  );
}

/** The time has as many digits as all the rest, and few ask for it: it is read when somebody does. */
class ReadAckSubject implements AckSubject {
  readonly #reply: string;
  readonly #timeAt: number;

  constructor(
    readonly stream: string,
    readonly consumer: string,
    readonly deliveryCount: number,
    readonly streamSequence: number,
    readonly consumerSequence: number,
    readonly pending: number,
    reply: string,
    timeAt: number,
  ) {
    this.#reply = reply;
    this.#timeAt = timeAt;
  }

  get storedAt(): number {
    cursor = this.#timeAt;
    return Math.floor(readNumber(this.#reply) / 1_000_000);
  }
}

/** Where the next number begins. An array of all numbers would be made for every message. */
let cursor = 0;

/** Reads the digits up to the next dot, or to the end. */
function readNumber(text: string): number {
  const start = cursor;
  let value = 0;
  for (; cursor < text.length; cursor++) {
    const char = text.charCodeAt(cursor);
    if (char === DOT) break;
    if (char < ZERO || char > ZERO + 9) value = NaN;
    value = value * 10 + char - ZERO;
  }
  return cursor++ === start ? NaN : value;
}

function readPrefix(reply: string): Prefix | undefined {
  const tokens = reply.split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  // The longer form has 12 tokens; servers before 2.11 leave out the last one.
  const at = tokens.length === 9 ? 2 : tokens.length >= 11 ? 4 : undefined;
  if (at === undefined) return undefined;
  const text = tokens.slice(0, at + 2).join(".") + ".";
  return { text, stream: tokens[at]!, consumer: tokens[at + 1]! };
}
