import { JsHeaders } from "@nats-io/jetstream";
import type { Msg, MsgHdrs } from "@nats-io/nats-core";
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
  #delivered = 0;

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
      const { headers } = message;
      const outcome = headers !== undefined && headers.code !== 0
        ? this.#readStatus(message, headers)
        : this.#readMessage(message, items);
      const isNews = outcome !== "all" && !(outcome === "caught up" && isReady);
      if (isNews) return { items, end: index + 1, outcome };
    }
    return { items, end: messages.length, outcome: "all" };
  }

  #readMessage(message: Msg, items: T[]): ReadResult<T>["outcome"] {
    const { sequence, consumerSequence, time, pending } = readReply(message.reply!);
    if (consumerSequence !== ++this.#delivered) return "broken";
    this.#consumer.countMessage();
    const verdict = this.#progress.take(sequence, time, pending);
    if (verdict === "foreign") return "foreign";
    if (verdict === "new") {
      items.push(this.#toItem(message, { sequence, createdMs: time / 1e6, pending }));
    }
    return pending === 0 ? "caught up" : "all";
  }

  #readStatus(message: Msg, headers: MsgHdrs): ReadResult<T>["outcome"] {
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

/** What the server tells of a message in its reply subject. */
interface Reply {
  readonly sequence: number;
  readonly consumerSequence: number;
  /** In nanoseconds since 1970, as exact as a number can be. */
  readonly time: number;
  readonly pending: number;
}

/** Reads `$JS.ACK.[domain.account.]stream.consumer.delivered.sequence.consumerSequence.time.pending`. */
function readReply(reply: string): Reply {
  const tokens = reply.split(".");
  const start = tokens.length > 9 ? 7 : 5;
  return {
    sequence: Number(tokens[start]),
    consumerSequence: Number(tokens[start + 1]),
    time: Number(tokens[start + 2]),
    pending: Number(tokens[start + 3]),
  };
}
