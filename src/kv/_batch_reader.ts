import { JsHeaders } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/nats-core";
import type { PullConsumer } from "./_pull_consumer.ts";
import type { WatchProgress } from "./_watch_progress.ts";

/** What the server tells of a message beside what is in it. */
export interface Stored {
  /** Its sequence in the stream. */
  readonly sequence: number;
  /** When it was stored, in milliseconds since 1970. */
  readonly createdMs: number;
  /** How many follow. */
  readonly pending: number;
}

/** How the reading of messages has ended. */
export interface ReadResult<T> {
  /** The items of those that are new. */
  readonly items: T[];
  /** Index after the last one that was read. */
  readonly end: number;
  /**
   * `broken` if a message is missing or the consumer is gone, `foreign` if the stream is not what it
   * was, `caught up` at the first moment at which nothing was left to deliver.
   */
  readonly outcome: "all" | "caught up" | "broken" | "foreign";
}

/** Messages that are not those of a stream, but tell of a request for them. */
const HEARTBEAT = 100;
const CONFLICT = 409;
const REQUEST_ENDS: ReadonlySet<number> = new Set([404, 408, CONFLICT]);
const FULL = /batch completed|maxbytes/i;

/** Makes items of what one consumer delivers, and sees to it that nothing is missing. */
export class BatchReader<T> {
  readonly #consumer: PullConsumer;
  readonly #progress: WatchProgress;
  readonly #toItem: (message: Msg, stored: Stored) => T;
  readonly #digits = new Digits();
  #delivered = 0;
  #start = 0;

  constructor(
    consumer: PullConsumer,
    progress: WatchProgress,
    toItem: (message: Msg, stored: Stored) => T,
  ) {
    this.#consumer = consumer;
    this.#progress = progress;
    this.#toItem = toItem;
  }

  /** Reads messages until the snapshot is complete, something is wrong, or to the end. */
  read(messages: readonly Msg[], start: number): ReadResult<T> {
    const items: T[] = [];
    const { isReady } = this.#progress;
    for (let index = start; index < messages.length; index++) {
      const message = messages[index]!;
      // Every message of a stream has one, by which it could be acknowledged.
      const { reply } = message;
      const outcome = reply === undefined || reply === ""
        ? this.#readStatus(message)
        : this.#readMessage(message, reply, items);
      const isNews = outcome !== "all" && !(outcome === "caught up" && isReady);
      if (isNews) return { items, end: index + 1, outcome };
    }
    return { items, end: messages.length, outcome: "all" };
  }

  #readMessage(message: Msg, reply: string, items: T[]): ReadResult<T>["outcome"] {
    this.#digits.begin(reply, this.#start ||= startOfNumbers(reply));
    const sequence = this.#digits.next();
    const consumerSequence = this.#digits.next();
    const time = this.#digits.next();
    const pending = this.#digits.next();
    if (consumerSequence !== ++this.#delivered) return "broken";
    this.#consumer.countMessage();
    const verdict = this.#progress.take(sequence, time, pending);
    if (verdict === "foreign") return "foreign";
    if (verdict === "new") {
      items.push(this.#toItem(message, { sequence, createdMs: time / 1e6, pending }));
    }
    return pending === 0 ? "caught up" : "all";
  }

  #readStatus(message: Msg): ReadResult<T>["outcome"] {
    const { headers } = message;
    if (headers === undefined) return "broken";
    if (headers.code === HEARTBEAT) {
      if (Number(headers.get(JsHeaders.LastConsumerSeqHdr)) !== this.#delivered) return "broken";
      this.#progress.idleAt(Number(headers.get(JsHeaders.LastStreamSeqHdr)));
      return "caught up";
    }
    const isEnd = REQUEST_ENDS.has(headers.code) &&
      (headers.code !== CONFLICT || FULL.test(headers.description));
    if (!isEnd) return "broken";
    this.#consumer.endRequest(message);
    return "all";
  }
}

/**
 * Where in `$JS.ACK.[domain.account.]stream.consumer.delivered.sequence.consumerSequence.time.pending`
 * the sequence begins: at the same place in all that a consumer delivers once.
 */
function startOfNumbers(reply: string): number {
  const tokens = reply.split(".");
  const before = tokens.length > 9 ? 7 : 5;
  return tokens.slice(0, before).join(".").length + 1;
}

/** Reads numbers with dots between them, without cutting the text into pieces. */
class Digits {
  #text = "";
  #at = 0;

  /** Begins to read. */
  begin(text: string, at: number): void {
    this.#text = text;
    this.#at = at;
  }

  /** Gives the next number; of a very long one as much as a number can hold. */
  next(): number {
    let value = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const digit = this.#text.charCodeAt(this.#at) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at++;
    return value;
  }
}
