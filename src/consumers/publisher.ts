import { borderOf, type Connection } from "../connection/mod.ts";
import type { HeadersRecord } from "../core/mod.ts";
import type { EventDefinition } from "./event.ts";
import type { FlowOptions } from "./_flow.ts";
import { MessageIds } from "./_message_ids.ts";
import { Composer, type OutgoingMessage } from "./_outgoing_message.ts";
import { type PublishContext, publishMessage } from "./_publish_message.ts";
import type { RetryPolicy } from "./_retry_publish.ts";
import type {
  BatchAck,
  IngestAck,
  IngestOptions,
  PublishAck,
  PublishBatchOptions,
  PublisherOptions,
  PublishManyOptions,
  PublishOptions,
  PublishResult,
  Scheduled,
  ScheduleOptions,
} from "./publish_options.ts";

/**
 * An event that is ready to be published, with its message id. Made by `prepare()`.
 *
 * @example Events of several kinds, all or none
 * ```ts ignore
 * import { createPublisher, publishBatch } from "@shizuku/shizuku/consumers";
 *
 * const flights = createPublisher(nc, flightReported);
 * const tickets = createPublisher(nc, ticketClosed);
 * await publishBatch(nc, [flights.prepare(event), tickets.prepare({ ticketId: "7" })]);
 * ```
 */
export interface PreparedEvent {
  /** Its subject. */
  readonly subject: string;
  /** Its bytes. */
  readonly payload: Uint8Array;
  /** Its message id. */
  readonly id: string;
}

/**
 * Events that come at once, or one by one.
 *
 * @example From a file, as it is read
 * ```ts ignore
 * import type { EventSource } from "@shizuku/shizuku/consumers";
 *
 * async function* reports(): EventSource<Flight> {
 *   for await (const line of lines) yield JSON.parse(line);
 * }
 * for await (const { error } of publisher.publishEach(reports())) if (error) throw error;
 * ```
 */
export type EventSource<Init> = Iterable<Init> | AsyncIterable<Init>;

/**
 * Publishes one kind of event.
 *
 * It holds nothing that must be closed. Each logical publish has one message id, which all its tries
 * carry, so that a try whose acknowledgement was lost is not stored twice.
 *
 * @example
 * ```ts ignore
 * import { createPublisher, type Publisher } from "@shizuku/shizuku/consumers";
 *
 * const publisher: Publisher<Flight> = createPublisher(nc, flightReported);
 * const { sequence } = await publisher.publish({ origin: "ORD", flight: "UA1" });
 * ```
 */
export interface Publisher<Init> {
  /**
   * Publishes an event and waits until the stream has stored it.
   *
   * @throws {ShizukuError} `unavailable` or `deadline_exceeded` when all tries have failed,
   * `not_found` where no stream has the subject, `aborted` when the stream is not as expected,
   * `resource_exhausted` for an event that is too large or a stream that is full,
   * `permission_denied`, and `invalid_argument` for an event that makes no valid subject.
   */
  publish(event: Init, options?: PublishOptions): Promise<PublishAck>;
  /**
   * Publishes many events, so many at once, and tells of each how it fared, in their order.
   *
   * They are sent in order; one that has to be tried again comes later in the stream. After an
   * abort there are results of those that were taken.
   *
   * @throws What `events` throws, after those that were taken have ended.
   */
  publishMany(events: EventSource<Init>, options?: PublishManyOptions): Promise<PublishResult[]>;
  /** As `publishMany()`, for as many as there are: each result in order, as soon as it is there. */
  publishEach(
    events: EventSource<Init>,
    options?: PublishManyOptions,
  ): AsyncIterableIterator<PublishResult>;
  /**
   * Publishes events as one batch: the stream stores all of them, one after the other, or none.
   *
   * A server takes 1,000 in a batch unless it is told otherwise. The stream needs `allowAtomic`.
   *
   * @throws {ShizukuError} As `publish()` does; `already_exists` if the stream has some of the
   * message ids, `failed_precondition` if the server is older than 2.12.1.
   */
  publishBatch(events: Iterable<Init>, options?: PublishBatchOptions): Promise<BatchAck>;
  /**
   * Publishes any number of events in bulk: they are stored in order as they come, and the stream
   * acknowledges every few hundred. The stream needs `allowBatched`.
   *
   * What is under way when the connection is lost is published again with the same message ids.
   *
   * @throws {ShizukuError} As `publish()` does, at the first event that cannot be stored; the
   * message tells how many are. `failed_precondition` if the server is older than 2.14.
   */
  ingest(events: EventSource<Init>, options?: IngestOptions): Promise<IngestAck>;
  /**
   * Stores an event that the server publishes later. The stream needs `allowSchedules`.
   *
   * An event of the same id and subject that still waits is replaced.
   *
   * @throws {ShizukuError} As `publish()` does; `failed_precondition` if the server is older than
   * 2.12.
   */
  schedule(event: Init, options: ScheduleOptions): Promise<Scheduled>;
  /** Makes an event ready for {@linkcode publishBatch}, together with events of other kinds. */
  prepare(event: Init, options?: Omit<PublishOptions, "signal">): PreparedEvent;
}

const NO_OPTIONS: PublishOptions = {};

/**
 * Makes a publisher of an event.
 *
 * @throws {TypeError} If what is given is no connection.
 * @throws {RangeError} If a number is not valid.
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
  return new EventPublisher(contextOf(connection, options), event, options.namespace);
}

/**
 * Publishes events of several kinds as one batch: their stream stores all of them, or none.
 *
 * @param events Made by `prepare()` of their publishers; all belong to one stream.
 * @throws {ShizukuError} As {@linkcode Publisher.publishBatch} does.
 * @example
 * ```ts ignore
 * import { publishBatch } from "@shizuku/shizuku/consumers";
 *
 * await publishBatch(nc, [paid.prepare({ id: "7" }), reserved.prepare({ sku: "a", order: "7" })]);
 * ```
 * @see ADR-50 (batches)
 */
export async function publishBatch(
  connection: Connection,
  events: Iterable<PreparedEvent>,
  options: Omit<PublishBatchOptions, "headers"> & Omit<PublisherOptions, "namespace"> = {},
): Promise<BatchAck> {
  const context = contextOf(connection, options);
  const messages = [...events] as OutgoingMessage[];
  const { publishMessages } = await import("./_bulk_parts.ts");
  return await publishMessages(context, messages, options, new MessageIds());
}

class EventPublisher<T, Init> implements Publisher<Init> {
  readonly #context: PublishContext;
  readonly #namespace: string | undefined;
  readonly #ids = new MessageIds();
  readonly #composer: Composer<T, Init>;

  constructor(
    context: PublishContext,
    event: EventDefinition<T, Init>,
    namespace: string | undefined,
  ) {
    this.#context = context;
    this.#namespace = namespace;
    this.#composer = new Composer(event, namespace, this.#ids);
  }

  publish(event: Init, options: PublishOptions = NO_OPTIONS): Promise<PublishAck> {
    try {
      const message = this.#composer.compose(event, options);
      const isExpecting = options.expect !== undefined;
      return publishMessage(this.#context, message, options.signal, isExpecting);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  async publishMany(
    events: EventSource<Init>,
    options: PublishManyOptions = {},
  ): Promise<PublishResult[]> {
    const flow = flowOf(options);
    const { publishAll } = await import("./_bulk_parts.ts");
    return await publishAll(events, this.#publishOf(options), flow);
  }

  publishEach(
    events: EventSource<Init>,
    options: PublishManyOptions = {},
  ): AsyncIterableIterator<PublishResult> {
    return this.#publishEach(events, options, flowOf(options));
  }

  async *#publishEach(
    events: EventSource<Init>,
    options: PublishManyOptions,
    flow: FlowOptions,
  ): AsyncGenerator<PublishResult> {
    const { publishEach } = await import("./_bulk_parts.ts");
    yield* publishEach(events, this.#publishOf(options), flow);
  }

  async publishBatch(
    events: Iterable<Init>,
    { headers, ...options }: PublishBatchOptions = {},
  ): Promise<BatchAck> {
    const messages = Array.from(events, this.#composeOf(headers));
    const { publishMessages } = await import("./_bulk_parts.ts");
    return await publishMessages(this.#context, messages, options, this.#ids);
  }

  async ingest(events: EventSource<Init>, options: IngestOptions = {}): Promise<IngestAck> {
    const { ingestEvents } = await import("./_bulk_parts.ts");
    return await ingestEvents(this.#context, events, this.#composeOf(options.headers), options);
  }

  async schedule(event: Init, options: ScheduleOptions): Promise<Scheduled> {
    const { ttlMs: _, ...rest } = options;
    const message = this.#composer.compose(event, rest);
    const schedule = { message, namespace: this.#namespace, scheduleId: this.#ids.next() };
    const { scheduleMessage } = await import("./_bulk_parts.ts");
    return await scheduleMessage(this.#context, schedule, options);
  }

  prepare(event: Init, options: Omit<PublishOptions, "signal"> = NO_OPTIONS): PreparedEvent {
    return this.#composer.compose(event, options);
  }

  #publishOf({ headers, signal }: PublishManyOptions): (event: Init) => Promise<PublishAck> {
    const options: PublishOptions = { ...(headers && { headers }), ...(signal && { signal }) };
    return (event) => this.publish(event, options);
  }

  #composeOf(headers: HeadersRecord | undefined): (event: Init) => OutgoingMessage {
    const options = headers ? { headers } : NO_OPTIONS;
    return (event) => this.#composer.compose(event, options);
  }
}

function flowOf({ maxInFlight = 1_024, signal }: PublishManyOptions): FlowOptions {
  check("maxInFlight", maxInFlight, Number.isSafeInteger(maxInFlight) && maxInFlight > 0);
  return { maxInFlight, signal };
}

function contextOf(connection: Connection, options: PublisherOptions): PublishContext {
  const { attempts = Infinity, timeoutMs = 5_000, retryForMs = 30_000 } = options;
  const { backoff = { initialMs: 50, maxMs: 1_000 } } = options;
  check("attempts", attempts, attempts >= 1);
  check("timeoutMs", timeoutMs, timeoutMs > 0);
  check("retryForMs", retryForMs, retryForMs >= 0);
  const policy: RetryPolicy = { attempts, timeoutMs, retryForMs, backoff };
  return { connection, border: borderOf(connection), policy };
}

function check(name: string, value: number, isGood: boolean): void {
  if (isGood) return;
  throw new RangeError(
    `Cannot publish as ${name} must be a number above 0: current value is ${value}`,
  );
}
