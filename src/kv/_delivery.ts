import type { ConsumerConfig } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { onDeniedPublish } from "../connection/mod.ts";
import { BatchReader, type ReadResult, type Stored } from "./_batch_reader.ts";
import { Inbox } from "./_inbox.ts";
import { HEARTBEAT_MS, PullConsumer } from "./_pull_consumer.ts";
import { onReconnect } from "./_reconnects.ts";
import type { WatchProgress } from "./_watch_progress.ts";

const SILENCE_MS = 3 * HEARTBEAT_MS;

/** What a delivery needs. */
export interface DeliveryOptions<T> {
  /** Name of the stream. */
  stream: string;
  /** Ends the wait for messages. */
  signal: AbortSignal;
  /** Makes an item of a message. */
  read(message: Msg, stored: Stored): T;
}

/** What one consumer delivers. */
export class Delivery<T> {
  readonly #nc: NatsConnection;
  readonly #consumer: PullConsumer;
  readonly #inbox: Inbox;
  readonly #reader: BatchReader<T>;
  readonly #reconnects: Disposable;
  readonly #denials: Disposable;
  #messages: readonly Msg[] = [];
  #next = 0;
  #isOpen = false;

  constructor(nc: NatsConnection, progress: WatchProgress, options: DeliveryOptions<T>) {
    this.#nc = nc;
    this.#consumer = new PullConsumer(nc, options.stream);
    this.#inbox = new Inbox(nc, this.#consumer.inbox, options.signal);
    this.#reader = new BatchReader(this.#consumer, progress, options.read);
    this.#reconnects = onReconnect(nc, () => this.#inbox.interrupt());
    this.#denials = onDeniedPublish(nc, (error, subject) => {
      if (subject === this.#consumer.asks) this.#inbox.fail(error);
    });
  }

  /** Makes the consumer. Gives how many messages there are for it. */
  async open(config: Partial<ConsumerConfig>): Promise<number> {
    const { num_pending } = await this.#consumer.create(config);
    this.#isOpen = true;
    return num_pending;
  }

  /**
   * Gives what comes next, or nothing if the consumer has to be replaced or the signal aborts.
   *
   * More is asked for only here, when all that came has been given.
   */
  async next(): Promise<ReadResult<T> | undefined> {
    if (this.#next === this.#messages.length) {
      if (!this.#nc.isClosed()) this.#consumer.pull();
      const messages = await this.#inbox.next(SILENCE_MS);
      if (messages === "closed") throw new Error("the connection was closed");
      if (typeof messages === "string") return undefined;
      this.#messages = messages;
      this.#next = 0;
    }
    const result = this.#reader.read(this.#messages, this.#next);
    this.#next = result.end;
    return result;
  }

  /** Ends it. Tells whether the consumer is gone for sure. */
  async close(): Promise<boolean> {
    this.#reconnects[Symbol.dispose]();
    this.#denials[Symbol.dispose]();
    this.#inbox[Symbol.dispose]();
    // One whose making was not answered may still be made.
    return await this.#consumer.remove() && this.#isOpen;
  }

  /** Tries once more to remove the consumer. */
  removeAgain(): Promise<boolean> {
    return this.#consumer.remove();
  }
}
