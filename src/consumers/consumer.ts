import type { Consumer, JsMsg } from "@nats-io/jetstream";
import { borderOf, type Connection, fromNatsError } from "../connection/mod.ts";
import {
  backoffMs,
  type Context,
  createContext,
  delay,
  getLogger,
  inNamespace,
  type Logger,
  MessageHeaders,
  ShizukuError,
} from "../core/mod.ts";
import { jetstream } from "./_jetstream.ts";
import { Lanes } from "./_lanes.ts";
import { deadLetterWriter, ensureDeadLetters, type WriteDeadLetter } from "./dead_letter.ts";
import { type ConsumerIdentity, type ConsumerPlace, ensureConsumer } from "./ensure_consumer.ts";
import { eventInfo } from "./event_info.ts";
import type { HookDefinition } from "./hook.ts";
import { settlementOf } from "./settlement.ts";

/** Options of {@linkcode createConsumer}. */
export interface ConsumerOptions extends ConsumerPlace {
  /** Stops the hook. */
  signal?: AbortSignal;
  /**
   * How long `stop()` waits for running handlers, in milliseconds.
   * @default {10000}
   */
  stopTimeoutMs?: number;
}

/** What a hook has done since it was started. */
export interface ConsumerStats {
  /** Messages received. */
  readonly received: number;
  /** Messages done. */
  readonly acked: number;
  /** Messages to be tried again. */
  readonly nacked: number;
  /** Messages given up. */
  readonly dead: number;
  /** Messages held at this moment. */
  readonly inFlight: number;
}

/** A hook that is running. */
export interface HookConsumer extends AsyncDisposable, ConsumerIdentity {
  /** Name of the hook. */
  readonly name: string;
  /** Why it does not receive at this moment, if so. */
  readonly problem: string | undefined;
  /** What it has done. */
  readonly stats: ConsumerStats;
  /** Takes no new message, finishes or gives back what it holds. */
  stop(): Promise<void>;
}

/**
 * Runs a hook: receives the events of its durable consumer, which is created where it is missing.
 *
 * Done is acknowledged; an error that may pass is tried again after a wait; an error that cannot,
 * a message that cannot be decoded, and one whose attempts are used up are first written to the
 * component's dead letters, and only then ended.
 *
 * @example
 * ```ts ignore
 * import { createConsumer } from "@shizuku/shizuku/consumers";
 *
 * await using consumer = await createConsumer(nc, countDelays, { component: "delays" });
 * ```
 */
export async function createConsumer<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: ConsumerOptions,
): Promise<HookConsumer> {
  const { component, namespace, signal } = options;
  const identity = await ensureConsumer(connection, hook, options);
  await ensureDeadLetters(connection, component, namespace);
  const consumer = await jetstream(connection).consumers.get(identity.stream, identity.durable);
  const write = deadLetterWriter(connection, component, hook.name, namespace);
  const runner = new Runner(borderOf(connection).nc, hook, identity, consumer, write, options);
  if (signal?.aborted) await runner.stop();
  // Nobody waits for a stop that a signal asks for; stop() itself never rejects.
  else signal?.addEventListener("abort", () => void runner.stop(), { once: true });
  return runner;
}

/** How long one pull waits for messages, in milliseconds; the client allows no less. */
const PULL_MS = 1_000;

class Runner<T> implements HookConsumer {
  readonly name: string;
  readonly stream: string;
  readonly durable: string;
  problem: string | undefined;
  readonly #connection: Connection;
  readonly #hook: HookDefinition<T>;
  readonly #consumer: Consumer;
  readonly #writeDeadLetter: WriteDeadLetter;
  readonly #logger: Logger;
  readonly #subjectStart: number;
  readonly #capacity: number;
  readonly #stopTimeoutMs: number;
  readonly #lanes: Lanes;
  readonly #held = new Set<JsMsg>();
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  readonly #keepAlive: ReturnType<typeof setInterval>;
  readonly #pulling: Promise<void>;
  readonly #counts = { received: 0, acked: 0, nacked: 0, dead: 0 };
  #onSettled: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    connection: Connection,
    hook: HookDefinition<T>,
    identity: ConsumerIdentity,
    consumer: Consumer,
    writeDeadLetter: WriteDeadLetter,
    { component, namespace, stopTimeoutMs = 10_000 }: ConsumerOptions,
  ) {
    this.name = hook.name;
    this.stream = identity.stream;
    this.durable = identity.durable;
    this.#connection = connection;
    this.#hook = hook;
    this.#consumer = consumer;
    this.#writeDeadLetter = writeDeadLetter;
    this.#logger = getLogger(["consumers", component, hook.name]);
    this.#subjectStart = inNamespace(namespace, "").length;
    // As much again as runs, so that a finished handler finds its next message waiting here.
    this.#capacity = hook.concurrency * 2;
    this.#stopTimeoutMs = stopTimeoutMs;
    this.#lanes = new Lanes(hook.concurrency);
    this.#keepAlive = setInterval(() => this.#renewLeases(), hook.ackWaitMs / 3);
    this.#pulling = this.#pull();
  }

  get stats(): ConsumerStats {
    return { ...this.#counts, inFlight: this.#held.size };
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #pull(): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        await this.#credit();
        await this.#pullBatch();
        this.problem = undefined;
        failures = 0;
      } catch (thrown) {
        this.problem = fromNatsError(thrown, `Cannot receive for hook ${this.name}`).message;
        if (this.#connection.isClosed()) return;
        this.#logger.warn("{problem}", { problem: this.problem, error: thrown });
        const waitMs = backoffMs(++failures, { initialMs: 100, maxMs: 5_000 });
        await delay(waitMs, this.#stopping.signal);
      }
    }
  }

  async #pullBatch(): Promise<void> {
    const max_messages = this.#capacity - this.#held.size;
    if (this.#stopping.signal.aborted || max_messages <= 0) return;
    const batch = await this.#consumer.fetch({ max_messages, expires: PULL_MS });
    for await (const message of batch) this.#accept(message);
  }

  /** Waits until half of what may be held is free: smaller pulls would cost more than they bring. */
  async #credit(): Promise<void> {
    while (this.#held.size > this.#capacity / 2 && !this.#stopping.signal.aborted) {
      await new Promise<void>((resolve) => this.#onSettled = resolve);
    }
  }

  #accept(message: JsMsg): void {
    this.#counts.received++;
    this.#held.add(message);
    // #handle() never rejects: whatever goes wrong settles the message or leaves it to the server.
    void this.#handle(message).finally(() => {
      this.#held.delete(message);
      this.#onSettled?.();
    });
  }

  async #handle(message: JsMsg): Promise<void> {
    const attempt = message.info.deliveryCount;
    if (attempt > this.#hook.attempts) {
      const reason = `Gave up after ${attempt - 1} deliveries that were never settled`;
      return await this.#bury(message, attempt - 1, new ShizukuError("aborted", reason));
    }
    try {
      const event = this.#hook.event.codec.decode(message.data);
      const key = this.#hook.key?.(event);
      await this.#lanes.run(key, () => this.#run(message, event, attempt));
    } catch (thrown) {
      await this.#bury(message, attempt, ShizukuError.from(thrown, "pre"));
    }
  }

  async #run(message: JsMsg, event: T, attempt: number): Promise<void> {
    if (this.#stopping.signal.aborted) return this.#giveBack(message, 0);
    let error: ShizukuError | undefined;
    try {
      await this.#hook.process(event, this.#context(message, attempt));
    } catch (thrown) {
      error = ShizukuError.from(thrown);
      this.#logger.warn("Try {attempt} of {subject} failed: {error}", {
        attempt,
        subject: message.subject,
        error,
        cause: error.cause,
      });
    }
    await this.#settle(message, attempt, error);
  }

  async #settle(message: JsMsg, attempt: number, error: ShizukuError | undefined): Promise<void> {
    const settlement = settlementOf(error, attempt, this.#hook);
    if (settlement.action === "ack") {
      this.#tell(message, "acked", () => message.ack());
    } else if (settlement.action === "nak") {
      this.#giveBack(message, settlement.delayMs);
    } else {
      await this.#bury(message, attempt, error!);
    }
  }

  async #bury(message: JsMsg, attempts: number, error: ShizukuError): Promise<void> {
    try {
      await this.#writeDeadLetter(message, attempts, error);
      this.#tell(message, "dead", () => message.term(error.code));
    } catch (thrown) {
      this.#logger.error("Cannot write a dead letter, keep {subject}: {error}", {
        subject: message.subject,
        error: thrown,
      });
      this.#giveBack(message, backoffMs(attempts, this.#hook.backoff));
    }
  }

  #giveBack(message: JsMsg, delayMs: number): void {
    this.#tell(message, "nacked", () => message.nak(delayMs));
  }

  #tell(message: JsMsg, outcome: "acked" | "nacked" | "dead", send: () => void): void {
    try {
      send();
      this.#counts[outcome]++;
    } catch (error) {
      // The connection is closed. The server keeps the message and delivers it again.
      this.#logger.warn("Cannot settle {subject}: {error}", { subject: message.subject, error });
    }
  }

  #context(message: JsMsg, attempt: number): Context {
    const subject = message.subject.slice(this.#subjectStart);
    const { stream, streamSequence: sequence } = message.info;
    return createContext({
      signal: this.#aborting.signal,
      headers: () => MessageHeaders.from(message.headers),
      subject,
      params: this.#hook.event.subject.match(subject) ?? {},
      attempt,
      logger: this.#logger,
      values: [[eventInfo, { stream, sequence, time: message.time }]],
    });
  }

  #renewLeases(): void {
    if (this.#connection.isClosed()) return;
    for (const message of this.#held) message.working();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#onSettled?.();
    await this.#pulling;
    const reason = new ShizukuError("aborted", `Hook ${this.name} is stopping`);
    const timer = setTimeout(() => this.#aborting.abort(reason), this.#stopTimeoutMs);
    const { signal } = this.#aborting;
    const tooLong = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true })
    );
    while (this.#held.size > 0 && !signal.aborted) {
      const settled = new Promise<void>((resolve) => this.#onSettled = resolve);
      await Promise.race([settled, tooLong]);
    }
    clearTimeout(timer);
    clearInterval(this.#keepAlive);
    for (const message of this.#held) this.#giveBack(message, 0);
    if (!this.#connection.isClosed()) await this.#connection.flush();
  }
}
