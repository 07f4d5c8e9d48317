import { requireServer } from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import { FastBatch } from "./_fast_batch.ts";
import { type Items, runAll, untilAborted } from "./_flow.ts";
import { actionOf, checkSize, headersOf, type OutgoingMessage } from "./_outgoing_message.ts";
import { jetStreamNumber, toAbortError, toPublishError } from "./_publish_error.ts";
import { type PublishContext, publishMessage } from "./_publish_message.ts";
import type { IngestAck, IngestOptions } from "./publish_options.ts";

const SINCE = "2.14.0";
/** Refusals of the whole: not allowed, or a pattern or an id that the server does not take. */
const REFUSALS: readonly number[] = [10205, 10206, 10207];

/**
 * Stores many events through fast ingest.
 *
 * @param compose Makes the message of an event.
 * @throws {ShizukuError} As `publish()` does, for the first message that cannot be stored.
 */
export async function ingestEvents<Init>(
  context: PublishContext,
  events: Items<Init>,
  compose: (event: Init) => OutgoingMessage,
  options: IngestOptions,
): Promise<IngestAck> {
  requireServer(context.connection, "Cannot ingest events", SINCE);
  const ingest = new Ingest(context, options);
  try {
    if (Symbol.iterator in events) {
      for (const event of events) if (ingest.add(compose(event))) await ingest.room();
    } else {
      for await (const event of untilAborted(events, options.signal)) {
        if (ingest.add(compose(event))) await ingest.room();
      }
    }
    return await ingest.finish();
  } finally {
    ingest.close();
  }
}

/** Batches one after the other; what one leaves open is published in the ordinary way. */
class Ingest {
  readonly #context: PublishContext;
  readonly #signal: AbortSignal | undefined;
  readonly #ackInterval: number;
  #batch: FastBatch | undefined;
  /** Messages of the batch, from the first that is not known to be stored. */
  #open: OutgoingMessage[] = [];
  /** How many messages of the batch are known to be stored, and not in `#open` any more. */
  #dropped = 0;
  #count = 0;
  #stream = "";
  #sequence = 0;
  #lastSubject = "";

  constructor(context: PublishContext, { ackInterval = 500, signal }: IngestOptions) {
    if (!Number.isSafeInteger(ackInterval) || ackInterval < 1 || ackInterval > 500) {
      throw new RangeError(
        `Cannot ingest events as ackInterval must be a whole number from 1 to 500: current value ` +
          `is ${ackInterval}`,
      );
    }
    this.#context = context;
    this.#signal = signal;
    this.#ackInterval = ackInterval;
  }

  /** Sends a message; tells whether the next one has to wait for `room()`. */
  add(message: OutgoingMessage): boolean {
    const { connection, border } = this.#context;
    const { subject, payload } = message;
    this.#lastSubject = subject;
    if (this.#signal?.aborted) throw toAbortError(this.#signal, actionOf(subject));
    const headers = headersOf(message);
    checkSize(connection, subject, payload.length, headers.byteLength);
    this.#open.push(message);
    const batch = this.#batch ??= new FastBatch(border.nc, this.#ackInterval);
    if (batch.end === undefined) batch.send(subject, payload, headers);
    return batch.isFull || batch.end !== undefined;
  }

  /** Waits until the next message may be sent. */
  async room(): Promise<void> {
    const { timeoutMs } = this.#context.policy;
    while (this.#batch?.isFull) {
      if (!await this.#batch.hears(timeoutMs, this.#signal)) this.#batch.close();
    }
    this.#forget();
    if (this.#batch?.end !== undefined) await this.#settle();
  }

  async finish(): Promise<IngestAck> {
    const batch = this.#batch;
    if (batch !== undefined) {
      const { timeoutMs } = this.#context.policy;
      if (batch.end === undefined) batch.finish();
      while (batch.end === undefined) {
        if (!await batch.hears(timeoutMs, this.#signal)) batch.close();
      }
      await this.#settle();
    }
    if (this.#signal?.aborted) throw toAbortError(this.#signal, actionOf(this.#lastSubject));
    return { stream: this.#stream, sequence: this.#sequence, count: this.#count };
  }

  close(): void {
    this.#batch?.close();
  }

  /** Lets go of what is stored. */
  #forget(): void {
    const stored = this.#batch!.stored - this.#dropped;
    if (stored <= 0) return;
    this.#open.splice(0, stored);
    this.#dropped += stored;
    this.#count += stored;
  }

  /** Ends a batch: what it has stored counts, the rest is published message by message. */
  async #settle(): Promise<void> {
    const { stream, sequence, error } = this.#batch!.end!;
    if (REFUSALS.includes(jetStreamNumber(error) ?? 0)) {
      throw toPublishError(error, "Cannot ingest events");
    }
    this.#forget();
    this.#batch!.close();
    this.#batch = undefined;
    this.#dropped = 0;
    if (stream !== undefined) this.#note(stream, sequence ?? 0);
    const rest = this.#open;
    this.#open = [];
    if (rest.length > 0) await this.#publish(rest);
  }

  async #publish(rest: readonly OutgoingMessage[]): Promise<void> {
    let failure: unknown;
    const run = async (message: OutgoingMessage) => {
      try {
        const ack = await publishMessage(this.#context, message, this.#signal, false);
        this.#note(ack.stream, ack.sequence);
        this.#count++;
      } catch (thrown) {
        failure ??= thrown;
      }
    };
    await runAll(rest, run, { maxInFlight: this.#ackInterval, signal: undefined });
    if (failure !== undefined) throw this.#withCount(failure);
  }

  #note(stream: string, sequence: number): void {
    this.#stream = stream;
    if (sequence > this.#sequence) this.#sequence = sequence;
  }

  /** Tells how far it has come, as nobody else can. */
  #withCount(failure: unknown): ShizukuError {
    const { code, message, stage, retryable } = toPublishError(failure, "Cannot ingest events");
    const options = { stage, retryable, cause: failure };
    return new ShizukuError(code, `${message} (${this.#count} events are stored)`, options);
  }
}
