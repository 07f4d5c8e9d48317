import type { ConsumerConfig, ConsumerInfo, StreamInfo } from "@nats-io/jetstream";
import { createInbox, type Msg, nanos, type NatsConnection, nuid } from "@nats-io/nats-core";
import {
  askJetStream,
  borderOf,
  inboxPrefixOf,
  type JetStreamError,
  readStored,
} from "../connection/mod.ts";
import { getLogger } from "../core/mod.ts";

/** Milliseconds between two signs of life of an idle consumer. */
export const HEARTBEAT_MS = 1_000;
const EXPIRES_MS = 30_000;
const API_TIMEOUT_MS = 5_000;
const REMOVE_TIMEOUT_MS = 2_000;
const NOT_FOUND = 404;
/** Messages of one request. There are at most two at once: one that is served, one that follows. */
const REQUEST_MESSAGES = 2_000;
const REQUEST_BYTES = 4 * 1024 * 1024;
/** What the server counts beside the payload: subjects and headers. */
const OVERHEAD_BYTES = 64 * 1024;

/** A request of messages. */
interface PullRequest {
  readonly id: string;
  left: number;
}

/**
 * A consumer for one reader, which asks for messages as they are taken: what waits here is bounded
 * by two requests, however slow the reader is.
 */
export class PullConsumer {
  /** Where its messages arrive: a subject with one wildcard. */
  readonly inbox: string;
  readonly #nc: NatsConnection;
  readonly #stream: string;
  readonly #name = nuid.next();
  readonly #prefix: string;
  readonly #request: Uint8Array;
  readonly #requests: PullRequest[] = [];
  #requestCount = 0;

  constructor(nc: NatsConnection, stream: string) {
    this.#nc = nc;
    this.#stream = stream;
    this.#prefix = `${createInbox(inboxPrefixOf(nc))}.`;
    this.inbox = `${this.#prefix}*`;
    this.#request = new TextEncoder().encode(JSON.stringify({
      batch: REQUEST_MESSAGES,
      max_bytes: Math.max(REQUEST_BYTES, (nc.info?.max_payload ?? 0) + OVERHEAD_BYTES),
      expires: nanos(EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS),
    }));
  }

  /** Subject on which it asks for messages. */
  get asks(): string {
    return `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${this.#name}`;
  }

  /** Makes it. */
  create(config: Partial<ConsumerConfig>): Promise<ConsumerInfo> {
    return callApi<ConsumerInfo>(
      this.#nc,
      `CONSUMER.CREATE.${this.#stream}.${this.#name}.${config.filter_subject}`,
      { stream_name: this.#stream, action: "create", config: { ...config, name: this.#name } },
    );
  }

  /** Asks for messages, unless enough are asked for already. */
  pull(): void {
    while (this.#requests.length < 2) {
      const id = `${++this.#requestCount}`;
      this.#requests.push({ id, left: REQUEST_MESSAGES });
      this.#nc.publish(this.asks, this.#request, { reply: this.#prefix + id });
    }
  }

  /** Takes note of a message, which the oldest request has asked for. */
  countMessage(): void {
    const [oldest] = this.#requests;
    if (oldest !== undefined && --oldest.left === 0) this.#requests.shift();
  }

  /** Takes note that a request is over before all of its messages have come. */
  endRequest({ subject }: Msg): void {
    const index = this.#requests.findIndex(({ id }) => subject === this.#prefix + id);
    if (index >= 0) this.#requests.splice(index, 1);
  }

  /** Removes it, also if nobody knows whether it was made. Tells whether it is gone for sure. */
  async remove(): Promise<boolean> {
    if (this.#nc.isClosed()) return true;
    try {
      const subject = `CONSUMER.DELETE.${this.#stream}.${this.#name}`;
      await callApi(this.#nc, subject, undefined, REMOVE_TIMEOUT_MS);
      return true;
    } catch (error) {
      // It may be gone with its stream or server; if nothing helps, it expires for inactivity.
      getLogger(["kv"]).debug("Did not remove a consumer: {error}", { error });
      const status = (error as Partial<JetStreamError>).status;
      return status === NOT_FOUND;
    }
  }
}

/** Reads what a stream is and holds. */
export function streamInfo(nc: NatsConnection, stream: string): Promise<StreamInfo> {
  return callApi<StreamInfo>(nc, `STREAM.INFO.${stream}`);
}

/** Whether a stream holds a message after a sequence, on a subject with wildcards. */
export async function holdsAfter(
  nc: NatsConnection,
  stream: string,
  filter: string,
  sequence: number,
): Promise<boolean> {
  const query = { next_by_subj: filter, seq: sequence + 1 };
  return await readStored(borderOf(nc), stream, query, API_TIMEOUT_MS) !== undefined;
}

function callApi<T>(
  nc: NatsConnection,
  subject: string,
  request?: object,
  timeoutMs: number = API_TIMEOUT_MS,
): Promise<T> {
  return askJetStream(borderOf(nc), subject, request, timeoutMs);
}
