import type { Backoff, HeadersRecord, ShizukuError } from "../core/mod.ts";

/**
 * Options of {@linkcode createPublisher}.
 *
 * @example
 * ```ts ignore
 * import { createPublisher } from "@shizuku/shizuku/consumers";
 *
 * const publisher = createPublisher(nc, flightReported, {
 *   namespace: "staging",
 *   attempts: 3,
 *   timeoutMs: 1_000,
 * });
 * ```
 */
export interface PublisherOptions {
  /** Namespace of the application, before every subject. */
  namespace?: string;
  /**
   * How often to try, the first time included. All tries of one event carry one message id.
   * @default {Infinity}
   */
  attempts?: number;
  /**
   * How long one try waits for the stream's acknowledgement, in milliseconds.
   * @default {5000}
   */
  timeoutMs?: number;
  /**
   * For how long to begin new tries, in milliseconds: long enough for an election.
   * @default {30000}
   */
  retryForMs?: number;
  /**
   * How the waits between tries grow.
   * @default {{ initialMs: 50, maxMs: 1_000 }}
   */
  backoff?: Backoff;
}

/**
 * What the stream must be like for an event to be stored. Else the call rejects with `aborted`: what
 * it was based on is outdated.
 *
 * @example Only if nobody else has closed it meanwhile
 * ```ts ignore
 * await publisher.publish(closed, { expect: { lastSubjectSequence: 42 } });
 * ```
 */
export interface Expectation {
  /** Name of the stream. */
  stream?: string;
  /** Sequence of the last message of the whole stream; 0 for an empty one. */
  lastSequence?: number;
  /** Sequence of the last message of the event's subject; 0 for none. */
  lastSubjectSequence?: number;
  /** Another subject for `lastSubjectSequence`, wildcards allowed. */
  lastSubjectSequenceSubject?: string;
  /** Message id of the last message of the whole stream. */
  lastMessageId?: string;
}

/**
 * Options of one `publish()`.
 *
 * @example
 * ```ts ignore
 * await publisher.publish(event, {
 *   id: `landed-${event.flight}`,
 *   headers: { Source: "tower" },
 *   ttlMs: 60_000,
 *   signal,
 * });
 * ```
 */
export interface PublishOptions {
  /** Message id: what has the same one is stored once. */
  id?: string;
  /** Headers to send along; they replace the event's of the same name. */
  headers?: HeadersRecord;
  /** What the stream must be like. */
  expect?: Expectation;
  /**
   * How long the event lives, in milliseconds, from 1,000 in whole seconds. The stream needs
   * `allowTtl`.
   */
  ttlMs?: number;
  /** Ends the tries. What was sent may be stored all the same. */
  signal?: AbortSignal;
}

/**
 * Where an event is stored.
 *
 * @example
 * ```ts ignore
 * const { stream, sequence, duplicate } = await publisher.publish(event);
 * if (!duplicate) console.log(`Stored in ${stream} as ${sequence}`);
 * ```
 */
export interface PublishAck {
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /**
   * Whether the stream had it already, by its message id. Also after a lost acknowledgement, when an
   * earlier try of the same call has stored it.
   */
  readonly duplicate: boolean;
}

/**
 * How one of many events fared.
 *
 * @example
 * ```ts ignore
 * const results = await publisher.publishMany(events);
 * for (const { ack, error } of results) console.log(ack?.sequence ?? error?.message);
 * ```
 */
export type PublishResult =
  | { readonly ack: PublishAck; readonly error?: undefined }
  | { readonly ack?: undefined; readonly error: ShizukuError };

/**
 * Options of `publishMany()` and `publishEach()`.
 *
 * @example
 * ```ts ignore
 * const results = await publisher.publishMany(events, { maxInFlight: 256, signal });
 * ```
 */
export interface PublishManyOptions {
  /**
   * How many events wait for their acknowledgement at once.
   * @default {1024}
   */
  maxInFlight?: number;
  /** Headers to send along with each. */
  headers?: HeadersRecord;
  /** Takes no more events, and ends the tries of those that were taken. */
  signal?: AbortSignal;
}

/**
 * Options of `publishBatch()`.
 *
 * @example All or none, after what was read
 * ```ts ignore
 * const { count } = await publisher.publishBatch(events, { expect: { lastSequence: 42 } });
 * ```
 */
export interface PublishBatchOptions {
  /** Headers to send along with each. */
  headers?: HeadersRecord;
  /** What the stream must be like before the first one. `lastMessageId` is not possible. */
  expect?: Omit<Expectation, "lastMessageId">;
  /** Ends the tries. What was sent may be stored all the same. */
  signal?: AbortSignal;
}

/**
 * Where a batch is stored: its messages follow each other.
 *
 * @example
 * ```ts ignore
 * const { stream, sequence, count } = await publisher.publishBatch(events);
 * console.log(`${count} in ${stream}, up to ${sequence}`);
 * ```
 */
export interface BatchAck {
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence of the last one. */
  readonly sequence: number;
  /** How many there are. */
  readonly count: number;
  /** Whether the stream had them already, by their message ids. */
  readonly duplicate: boolean;
}

/**
 * Options of `ingest()`.
 *
 * @example
 * ```ts ignore
 * await publisher.ingest(events, { ackInterval: 100, signal });
 * ```
 */
export interface IngestOptions {
  /** Headers to send along with each. */
  headers?: HeadersRecord;
  /**
   * After how many events the stream acknowledges, 1 to 500; it may do so more often. Three times as
   * many are under way at most.
   * @default {500}
   */
  ackInterval?: number;
  /** Ends it. What was sent may be stored. */
  signal?: AbortSignal;
}

/**
 * What `ingest()` has stored.
 *
 * @example
 * ```ts ignore
 * const { count, sequence } = await publisher.ingest(events);
 * console.log(`${count} stored, the last one as ${sequence}`);
 * ```
 */
export interface IngestAck {
  /** Name of the stream; empty if there was no event. */
  readonly stream: string;
  /** Sequence of the last event. */
  readonly sequence: number;
  /** How many events the stream has, those that it had already included. */
  readonly count: number;
}

/**
 * When to store an event: at a time, or after a while, in milliseconds.
 *
 * @example At a time, or after a while
 * ```ts ignore
 * await publisher.schedule(event, { at: new Date("2026-12-24T18:00:00Z") });
 * await publisher.schedule(event, { afterMs: 15 * 60_000 });
 * ```
 */
export type ScheduleTime =
  | { readonly at: Date; readonly afterMs?: undefined }
  | { readonly at?: undefined; readonly afterMs: number };

/**
 * Options of `schedule()`.
 *
 * @example
 * ```ts ignore
 * await publisher.schedule(event, { afterMs: 60_000, id: `reminder-${event.flight}` });
 * ```
 */
export type ScheduleOptions = ScheduleTime & Omit<PublishOptions, "expect">;

/**
 * An event that waits in its stream until it is due.
 *
 * @example
 * ```ts ignore
 * const reminder = await publisher.schedule(event, { afterMs: 60_000 });
 * console.log(reminder.at, await reminder.cancel());
 * ```
 */
export interface Scheduled {
  /** Name of the stream. */
  readonly stream: string;
  /** Subject under which it waits. */
  readonly subject: string;
  /** When it is due. */
  readonly at: Date;
  /**
   * Takes it back.
   *
   * @returns Whether it still waited; `false` if it is published, or was canceled before.
   */
  cancel(): Promise<boolean>;
}
