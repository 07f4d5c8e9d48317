import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type StreamInfo,
} from "@nats-io/jetstream";
import { type Msg, nanos, type NatsConnection } from "@nats-io/nats-core";
import { getLogger } from "../core/mod.ts";
import { BatchReader, type Stored } from "./_batch_reader.ts";
import { Inbox } from "./_inbox.ts";
import { fromKvError } from "./_kv_error.ts";
import { HEARTBEAT_MS, PullConsumer, streamInfo } from "./_pull_consumer.ts";
import { onReconnect } from "./_reconnects.ts";
import { WatchProgress } from "./_watch_progress.ts";

/** The JetStream clients of one connection. */
export interface JetStream {
  /** The connection, as the border gives it. */
  readonly nc: NatsConnection;
  /** Publishes. */
  readonly client: JetStreamClient;
  /** Manages streams and consumers. */
  readonly manager: JetStreamManager;
}

/** What to watch. */
export interface WatchStreamOptions<T> {
  /** Name of the stream. */
  stream: string;
  /** When the stream was made, as far as the caller knows. */
  created: Date;
  /** Subject with wildcards. */
  filter: string;
  /** To begin the message of an error with: `Cannot watch seat.* of bucket seats`. */
  action: string;
  /** Leaves the payloads out. */
  keysOnly: boolean;
  /** Sequence after which to begin. By default with the last message of each subject. */
  from: number | undefined;
  /** Milliseconds between two looks at what the stream holds. By default only after a failure. */
  verifyMs: number | undefined;
  /** Ends the watch. */
  signal: AbortSignal;
  /** Makes an item of a message. */
  read(message: Msg, stored: Stored): T;
}

/** What came at once. */
export interface StreamBatch<T> {
  /** Whether what was given before is void: the stream is another one, or has lost messages. */
  readonly isReset: boolean;
  /** The messages, in order; none if there is only a sign of life. */
  readonly items: readonly T[];
  /** Whether with these the snapshot is complete. Said once, and again after a reset. */
  readonly isReady: boolean;
  /** Up to where all that the stream holds has been given. 0 before the snapshot is complete. */
  readonly sequence: number;
  /** How many messages were still to come. */
  readonly pending: number;
  /** The first sequence that the stream holds, if it was just looked at. */
  readonly firstSequence: number | undefined;
}

const SILENCE_MS = 3 * HEARTBEAT_MS;
const INACTIVE_MS = 60_000;
const MAX_BACKOFF_MS = 2_000;
/** How long a replicated stream may seem to have lost messages, since a new leader catches up. */
const BEHIND_MS = 5_000;
const LOOK_AGAIN_MS = 100;
/** A consumer that ends sooner is not followed by another at once. */
const SHORT_LIFE_MS = 50;

/**
 * Gives the last message of every subject, then every new message, in order and in batches.
 *
 * An ordered pull consumer that is started again after the last message whenever one is missing,
 * the connection was lost or the server is silent. The next messages are asked for when the reader
 * comes back for them, so that a slow one piles up nothing. It is gone when the loop ends.
 */
export function watchStream<T>(
  jetStream: JetStream,
  options: WatchStreamOptions<T>,
): AsyncGenerator<StreamBatch<T>> {
  return new StreamWatch(jetStream.nc, options).batches();
}

class StreamWatch<T> {
  readonly #nc: NatsConnection;
  readonly #options: WatchStreamOptions<T>;
  readonly #progress: WatchProgress;
  #lookedAt = performance.now();

  constructor(nc: NatsConnection, options: WatchStreamOptions<T>) {
    this.#nc = nc;
    this.#options = options;
    this.#progress = new WatchProgress(options.from, options.created);
  }

  async *batches(): AsyncGenerator<StreamBatch<T>> {
    const { signal, filter, action, stream, from } = this.#options;
    let failures: number | undefined;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const consumer = new PullConsumer(this.#nc, stream);
      const startedAt = performance.now();
      let isOver = true;
      try {
        const info = isFirst && from === undefined ? undefined : await this.#look(isFirst);
        for await (const batch of this.#follow(consumer, info)) {
          failures = 0;
          yield batch;
        }
        isOver = signal.aborted;
        if (performance.now() - startedAt < SHORT_LIFE_MS) await pause(SHORT_LIFE_MS, signal);
      } catch (thrown) {
        const error = fromKvError(thrown, action);
        const isFatal = error.code === "not_found" || this.#nc.isClosed();
        if (failures === undefined || isFatal) throw error;
        isOver = signal.aborted;
        getLogger(["kv"]).warn("Watching {filter} again: {error}", { filter, error });
        await pause(Math.min(MAX_BACKOFF_MS, 50 * 2 ** failures++), signal);
      } finally {
        // Nobody has to wait for the end of a consumer that is followed by another.
        const removal = consumer.remove();
        if (isOver) await removal;
      }
    }
  }

  /** Gives what one consumer delivers, until it has to be replaced or the signal aborts. */
  async *#follow(
    consumer: PullConsumer,
    info: StreamInfo | undefined,
  ): AsyncGenerator<StreamBatch<T>> {
    using inbox = new Inbox(this.#nc, consumer.inbox, this.#options.signal);
    using _ = onReconnect(this.#nc, () => inbox.interrupt());
    const { num_pending } = await consumer.create(this.#config(info));
    yield this.#batch([], num_pending === 0, info);
    const reader = new BatchReader(consumer, this.#progress, this.#options.read);
    for (;;) {
      if (!this.#nc.isClosed()) consumer.pull();
      const messages = await inbox.next(SILENCE_MS);
      if (messages === "closed") throw new Error("the connection was closed");
      if (typeof messages === "string") return;
      for (let next = 0; next < messages.length;) {
        const { items, end, outcome } = reader.read(messages, next);
        next = end;
        yield this.#batch(items, outcome === "caught up");
        if (outcome === "foreign") this.#progress.reset();
        if (outcome === "foreign" || outcome === "broken") return;
      }
      if (performance.now() - this.#lookedAt < (this.#options.verifyMs ?? Infinity)) continue;
      const info = await this.#look(false);
      // The next consumer begins anew.
      if (this.#progress.isReset) return;
      yield this.#batch([], false, info);
    }
  }

  #batch(items: T[], isCaughtUp: boolean, info?: StreamInfo): StreamBatch<T> {
    const progress = this.#progress;
    const { isReset, pending } = progress;
    const isReady = isCaughtUp && !progress.isReady;
    progress.isReady ||= isReady;
    progress.isReset = false;
    const firstSequence = info?.state.first_seq;
    return { isReset, items, isReady, sequence: progress.completeTo, pending, firstSequence };
  }

  /** Looks at the stream, and begins anew if it is another one or has lost what was given. */
  async #look(isFirst: boolean): Promise<StreamInfo> {
    const { signal, stream } = this.#options;
    const startedAt = performance.now();
    for (;;) {
      const info = await streamInfo(this.#nc, stream);
      this.#lookedAt = performance.now();
      // A watch that begins after a revision knows nothing of the stream that had it.
      if (isFirst) this.#progress.adopt(info);
      const isOther = this.#progress.isOther(info);
      if (!isOther && !this.#progress.isBehind(info)) return info;
      const isFinal = isOther || info.config.num_replicas === 1 || signal.aborted ||
        this.#lookedAt - startedAt > BEHIND_MS;
      if (isFinal) {
        this.#progress.reset(info);
        return info;
      }
      await pause(LOOK_AGAIN_MS, signal);
    }
  }

  #config(info: StreamInfo | undefined): Partial<ConsumerConfig> {
    const { filter, keysOnly } = this.#options;
    const start = this.#progress.startAt(info?.config.max_msgs_per_subject ?? 0);
    return {
      filter_subject: filter,
      headers_only: keysOnly,
      ...(start === undefined
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start }),
      ack_policy: AckPolicy.None,
      max_deliver: 1,
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
    };
  }
}

/** Waits, though no longer than until the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}
