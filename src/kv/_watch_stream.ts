import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type StreamInfo,
} from "@nats-io/jetstream";
import { nanos, type NatsConnection } from "@nats-io/nats-core";
import { getLogger } from "../core/mod.ts";
import type { ReadResult } from "./_batch_reader.ts";
import { Delivery, type DeliveryOptions } from "./_delivery.ts";
import { fromKvError } from "./_kv_error.ts";
import { pause } from "./_pause.ts";
import { holdsAfter, streamInfo } from "./_pull_consumer.ts";
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
export interface WatchStreamOptions<T> extends DeliveryOptions<T> {
  /** When the stream was made, as far as the caller knows. */
  created: Date;
  /** Subject with wildcards. */
  filter: string;
  /** To begin the message of an error with: `Cannot watch seat.* of bucket seats`. */
  action: string;
  /** Whether nobody looks at the payloads, which are left out unless that takes longer. */
  keysOnly: boolean;
  /** Sequence after which to begin. By default with the last message of each subject. */
  from: number | undefined;
  /** Milliseconds between two looks at what the stream holds. By default only after a failure. */
  verifyMs: number | undefined;
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

const INACTIVE_MS = 60_000;
const MAX_BACKOFF_MS = 2_000;
/** How long a replicated stream may seem to have lost messages, since a new leader catches up. */
const BEHIND_MS = 5_000;
const LOOK_AGAIN_MS = 100;
const REMOVE_AGAIN_MS = 1_000;
const REMOVE_TRIES = 30;
/** A consumer that ends sooner is not followed by another at once. */
const SHORT_LIFE_MS = 50;
/**
 * Messages without payload bring a header with its size, which takes more time to read than some
 * bytes: below this average size they come as they are.
 */
const SMALL_BYTES = 1_024;

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
  #delivery: Delivery<T> | undefined;
  /** When the last one that was given up is gone. It never rejects. */
  #dropped: Promise<void> = Promise.resolve();
  #isOver = false;
  /** Whether nothing may be left of the snapshot: the stream is to be asked. */
  #seemsReady = false;
  /** How many messages the snapshot may still have. */
  #left = 0;
  /** Whether these are the ones that were stored while it was given. */
  #isCatchingUp = false;
  #begunAt = -Infinity;
  #lookedAt = performance.now();
  /** How often in a row it failed to begin again; `undefined` before it has begun at all. */
  #failures: number | undefined;

  constructor(nc: NatsConnection, options: WatchStreamOptions<T>) {
    this.#nc = nc;
    this.#options = options;
    this.#progress = new WatchProgress(options.from, options.created);
  }

  async *batches(): AsyncGenerator<StreamBatch<T>> {
    try {
      while (!this.#options.signal.aborted) {
        const batch = await this.#next();
        if (batch !== undefined) yield batch;
      }
    } finally {
      this.#isOver = true;
      await this.#drop();
    }
  }

  /** Gives what comes next, or nothing if there has to be another delivery first. */
  async #next(): Promise<StreamBatch<T> | undefined> {
    try {
      const delivery = this.#delivery;
      const batch = await (delivery === undefined ? this.#begin() : this.#continue(delivery));
      this.#failures = 0;
      return batch;
    } catch (thrown) {
      const { action, filter, signal } = this.#options;
      const error = fromKvError(thrown, action);
      const isFatal = error.code === "not_found" || error.code === "permission_denied" ||
        this.#nc.isClosed();
      if (this.#failures === undefined || isFatal) throw error;
      void this.#drop();
      getLogger(["kv"]).warn("Watching {filter} again: {error}", { filter, error });
      await pause(Math.min(MAX_BACKOFF_MS, 50 * 2 ** this.#failures++), signal);
      return undefined;
    }
  }

  async #begin(): Promise<StreamBatch<T>> {
    const { signal, from, keysOnly } = this.#options;
    const shortBy = SHORT_LIFE_MS - (performance.now() - this.#begunAt);
    if (shortBy > 0) await pause(shortBy, signal);
    this.#begunAt = performance.now();
    const isFirst = this.#failures === undefined;
    const info = isFirst && from === undefined && !keysOnly ? undefined : await this.#look(isFirst);
    // It is known before it is open, so that it is removed also if nobody knows whether it is.
    this.#delivery = new Delivery(this.#nc, this.#progress, this.#options);
    const pending = await this.#delivery.open(this.#config(info));
    this.#left = pending;
    this.#isCatchingUp = false;
    return this.#batch([], pending === 0, info);
  }

  async #continue(delivery: Delivery<T>): Promise<StreamBatch<T> | undefined> {
    if (performance.now() - this.#lookedAt > (this.#options.verifyMs ?? Infinity)) {
      return await this.#verify();
    }
    if (this.#seemsReady && await this.#isComplete()) return this.#batch([], true);
    const result = await delivery.next();
    if (result === undefined) {
      void this.#drop();
      return undefined;
    }
    return this.#judge(result);
  }

  #judge({ items, outcome }: ReadResult<T>): StreamBatch<T> {
    this.#left -= items.length;
    const isNear = outcome === "caught up" || this.#left <= 0;
    this.#seemsReady = isNear && !this.#progress.isReady;
    const batch = this.#batch(items, false);
    if (outcome === "foreign") this.#progress.reset();
    if (outcome === "foreign" || outcome === "broken") void this.#drop();
    return batch;
  }

  /**
   * Whether all that was there from the beginning is given.
   *
   * The number of pending messages does not tell: one that is overwritten does not count any more,
   * and for a moment the one in its place does not yet. So the stream is asked. If it holds more,
   * what it holds at that moment is given too, but not what comes after: else a loop that writes
   * what it is given would never end.
   */
  async #isComplete(): Promise<boolean> {
    this.#seemsReady = false;
    if (this.#isCatchingUp && this.#left <= 0) return true;
    const { stream, filter } = this.#options;
    const { sequence } = this.#progress;
    if (!await holdsAfter(this.#nc, stream, filter, sequence)) return true;
    if (!this.#isCatchingUp) {
      this.#left = (await streamInfo(this.#nc, stream)).state.last_seq - sequence;
      this.#isCatchingUp = true;
    }
    return false;
  }

  async #verify(): Promise<StreamBatch<T> | undefined> {
    const info = await this.#look(false);
    if (!this.#progress.isReset) return this.#batch([], false, info);
    void this.#drop();
    return undefined;
  }

  /** Gives the delivery up. Nobody has to wait for the end of one that is followed by another. */
  #drop(): Promise<void> {
    if (this.#delivery !== undefined) this.#dropped = this.#remove(this.#delivery);
    this.#delivery = undefined;
    return this.#dropped;
  }

  /** Removes a consumer, if need be again and again: without a leader nobody does it. */
  async #remove(delivery: Delivery<T>): Promise<void> {
    if (await delivery.close()) return;
    for (let tries = 0; tries < REMOVE_TRIES; tries++) {
      const isLast = this.#isOver;
      await pause(REMOVE_AGAIN_MS, this.#options.signal);
      if (await delivery.removeAgain() || isLast) return;
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
      headers_only: keysOnly && (info === undefined || isLarge(info)),
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

function isLarge({ state }: StreamInfo): boolean {
  return state.bytes > state.messages * SMALL_BYTES;
}
