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
  const { text, stream, consumer } = last;
  const numbers = [0, 0, 0, 0, 0];
  let field = 0;
  for (let at = text.length; at < reply.length && field < numbers.length; at++) {
    const char = reply.charCodeAt(at);
    if (char === DOT) field++;
    else if (char < ZERO || char > ZERO + 9) return undefined;
    else numbers[field] = numbers[field]! * 10 + char - ZERO;
  }
  const [deliveryCount, streamSequence, consumerSequence, nanos, pending] = numbers as [
    number,
    number,
    number,
    number,
    number,
  ];
  const storedAt = Math.floor(nanos / 1_000_000);
  return {
    stream,
    consumer,
    deliveryCount,
    streamSequence,
    consumerSequence,
    storedAt,
    pending,
  };
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
