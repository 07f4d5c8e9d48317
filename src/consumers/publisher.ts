import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { type Connection, fromNatsError, payloadTooLarge } from "../connection/mod.ts";
import {
  backoffMs,
  checkHeaders,
  delay,
  type HeadersRecord,
  inNamespace,
  writeHeaders,
} from "../core/mod.ts";
import type { EventDefinition } from "./event.ts";
import { jetstream } from "./_jetstream.ts";

/** Options of {@linkcode createPublisher}. */
export interface PublisherOptions {
  /** Namespace of the application, before every subject. */
  namespace?: string;
  /**
   * How often to try, the first time included. All tries of one event carry one message id.
   * @default {5}
   */
  attempts?: number;
  /**
   * How long one try waits for the stream's acknowledgement, in milliseconds.
   * @default {5000}
   */
  timeoutMs?: number;
}

/** Options of one `publish()`. */
export interface PublishOptions {
  /** Message id: what has the same one is stored once. */
  id?: string;
  /** Headers to send along. */
  headers?: HeadersRecord;
  /** Ends the tries. */
  signal?: AbortSignal;
}

/** Where an event is stored. */
export interface PublishAck {
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** Whether the stream had it already. */
  readonly duplicate: boolean;
}

/** Publishes one kind of event. */
export interface Publisher<Init> {
  /**
   * Publishes an event and waits until the stream has stored it.
   *
   * @throws {ShizukuError} `unavailable` or `deadline_exceeded` when all tries have failed,
   * `invalid_argument` for an event that makes no valid subject.
   */
  publish(event: Init, options?: PublishOptions): Promise<PublishAck>;
}

/**
 * Makes a publisher of an event.
 *
 * @example
 * ```ts ignore
 * import { createPublisher } from "@shizuku/shizuku/consumers";
 *
 * const landed = createPublisher(nc, flightLanded);
 * await landed.publish({ airport: "ORD", flight: "UA1" });
 * ```
 * @see ADR-22 (JetStream publish retries)
 */
export function createPublisher<T, Init>(
  connection: Connection,
  event: EventDefinition<T, Init>,
  options: PublisherOptions = {},
): Publisher<Init> {
  const { namespace, attempts = 5, timeoutMs = 5_000 } = options;
  const client = jetstream(connection);
  return {
    async publish(init, { id, headers, signal } = {}) {
      const message = event.complete(init);
      const subject = inNamespace(namespace, event.subjectOf(message));
      const payload = event.codec.encode(message);
      const msgID = id ?? event.id?.(message) ?? crypto.randomUUID();
      checkSize(subject, payload.length, connection.info?.max_payload);
      const options = { msgID, timeout: timeoutMs, headers: toMsgHdrs(headers) };
      const action = `Cannot publish on ${subject}`;
      return await retry(action, attempts, signal, async () => {
        const { stream, seq, duplicate } = await client.publish(subject, payload, options);
        return { stream, sequence: seq, duplicate };
      });
    },
  };
}

function checkSize(subject: string, size: number, maxPayload: number | undefined): void {
  if (maxPayload === undefined || size <= maxPayload) return;
  const action = `Cannot publish on ${subject}`;
  throw payloadTooLarge({ action, what: "an event", size, max: maxPayload, stage: "pre" });
}

function toMsgHdrs(headers: HeadersRecord | undefined): MsgHdrs {
  const target = createHeaders();
  if (headers !== undefined) {
    checkHeaders(headers);
    writeHeaders(headers, target);
  }
  return target;
}

async function retry<T>(
  action: string,
  attempts: number,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let count = 1;; count++) {
    try {
      signal?.throwIfAborted();
      return await attempt();
    } catch (thrown) {
      const error = fromNatsError(thrown, action, "post");
      if (!error.retryable || count >= attempts || signal?.aborted) throw error;
      await delay(backoffMs(count, { initialMs: 50, maxMs: 2_000 }), signal);
    }
  }
}
