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
  const storedAt = Math.floor(readNumber(reply) / 1_000_000);
  const pending = readNumber(reply);
  // One that is no number makes the sum none either.
  if (Number.isNaN(deliveryCount + streamSequence + consumerSequence + storedAt + pending)) {
    return undefined;
  }
  return { stream, consumer, deliveryCount, streamSequence, consumerSequence, storedAt, pending };
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
