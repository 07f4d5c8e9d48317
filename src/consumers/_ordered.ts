import type { Msg } from "@nats-io/nats-core";
import { type Border, borderOf, type Connection, fromNatsError } from "../connection/mod.ts";
import { getLogger, inNamespace, type Logger, ShizukuError } from "../core/mod.ts";
import { readAckSubject } from "./_ack_subject.ts";
import { Delivery, type Holder } from "./_delivery.ts";
import { HookRunner } from "./_hook_runner.ts";
import { manager } from "./_jetstream.ts";
import { Puller } from "./_puller.ts";
import { StatusFeed } from "./_status_feed.ts";
import { within } from "./_within.ts";
import { findStream, startOf, toConsumerConfig } from "./_provide_consumer.ts";
import type { HookDefinition } from "./hook.ts";
import type { OrderedConsumer, OrderedConsumerOptions } from "./ordered_consumer.ts";

/** How many events may wait here. */
const PREFETCH = 500;
const INACTIVE_NANOS = 60 * 1_000_000_000;
const RETRY_MS = 1_000;

/** Does what `createOrderedConsumer()` says. */
export async function startOrdered<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: OrderedConsumerOptions,
): Promise<OrderedConsumer> {
  const action = `Cannot provide hook ${hook.name} of ${options.component}`;
  const filters = hook.filters.map((filter) => inNamespace(options.namespace, filter));
  const stream = await findStream(connection, action, filters);
  const ordered = { ...hook, concurrency: 1, key: () => "" } as HookDefinition<never>;
  const consumer = new Ordered(borderOf(connection), ordered, stream, filters, options);
  try {
    await consumer.start();
  } catch (thrown) {
    await consumer.stop();
    throw fromNatsError(thrown, action);
  }
  return consumer;
}

class Ordered implements OrderedConsumer, Holder {
  readonly name: string;
  readonly stream: string;
  readonly redriven = false;
  readonly aborting: AbortController = new AbortController();
  readonly logger: Logger;
  readonly subjectStart: number;
  problem: string | undefined;
  sequence = 0;
  lag = 0;
  readonly #border: Border;
  readonly #hook: HookDefinition<never>;
  readonly #filters: readonly string[];
  readonly #options: OrderedConsumerOptions;
  readonly #runner: HookRunner;
  readonly #status: StatusFeed;
  #puller: Puller | undefined;
  #consumer: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #received = { stream: 0, consumer: 0 };
  #held = 0;
  #isResetting = false;
  #stopped: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(
    border: Border,
    hook: HookDefinition<never>,
    stream: string,
    filters: readonly string[],
    options: OrderedConsumerOptions,
  ) {
    this.name = hook.name;
    this.stream = stream;
    this.logger = getLogger(["consumers", options.component, hook.name]);
    this.subjectStart = inNamespace(options.namespace, "").length;
    this.#border = border;
    this.#hook = hook;
    this.#filters = filters;
    this.#options = options;
    this.#status = new StatusFeed(options.onStatus, this.logger);
    this.#runner = new HookRunner({
      hook,
      logger: this.logger,
      status: this.#status,
      send: (delivery) => this.#onSettled(delivery),
      onFailure: () => false,
      onSuccess: () => {},
      onIdle: () => this.#onIdle?.(),
    });
  }

  async start(): Promise<void> {
    await this.#begin();
    const { signal } = this.#options;
    this.#timer = setInterval(() => this.#check(), this.#heartbeatMs / 2);
    if (signal?.aborted) await this.stop();
    else signal?.addEventListener("abort", this.#onAbort);
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  readonly #onAbort = () => void this.stop();

  get #heartbeatMs(): number {
    return this.#options.heartbeatMs ?? 2_500;
  }

  /** Makes a consumer that begins after the last event that was received. */
  async #begin(): Promise<void> {
    const { consumers } = await manager(this.#border.nc);
    const last = await this.#lastReceived();
    const { deliver_policy, ack_wait: _, max_ack_pending: __, ...config } = {
      ...toConsumerConfig(this.#hook, this.#filters),
      ...startOf(last === 0 ? this.#hook.start : { sequence: last + 1 }),
    };
    const info = await consumers.add(this.stream, {
      ...config,
      deliver_policy: deliver_policy!,
      ack_policy: "none",
      inactive_threshold: INACTIVE_NANOS,
      mem_storage: true,
      num_replicas: 1,
    });
    this.#consumer = info.name;
    // With `new`, all that there was counts as received, so that a consumer that follows begins there.
    const begin = this.#hook.start === "new" ? info.delivered.stream_seq : 0;
    this.#received = { stream: Math.max(last, begin), consumer: 0 };
    this.lag = info.num_pending;
    if (this.#stopped === undefined) this.#open(info.name);
  }

  /** The last sequence that was received, 0 if another stream has taken the place of the first. */
  async #lastReceived(): Promise<number> {
    const last = this.#received.stream;
    if (last === 0) return 0;
    const { streams } = await manager(this.#border.nc);
    const { state } = await streams.info(this.stream);
    return state.last_seq < last ? 0 : last;
  }

  #open(name: string): void {
    const puller = this.#puller = new Puller(this.#border.nc, {
      subject: () => `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${name}`,
      heartbeatMs: this.#heartbeatMs,
      size: () => PREFETCH,
      free: () => PREFETCH - this.#held,
      onMessage: (message, now) => {
        if (puller === this.#puller) this.#receive(message, now);
      },
      onProblem: (problem) => {
        const reason = "reason" in problem ? problem.reason : problem.type;
        if (puller === this.#puller) this.#reset(reason);
      },
      onRecovered: () => {},
    });
    puller.open();
  }

  #receive(message: Msg, now: number): void {
    const info = message.reply ? readAckSubject(message.reply) : undefined;
    if (info === undefined) return;
    if (info.consumerSequence !== this.#received.consumer + 1) return this.#reset("a gap");
    this.#received = { stream: info.streamSequence, consumer: info.consumerSequence };
    this.lag = info.pending;
    this.#recovered();
    this.#held++;
    this.#runner.accept(new Delivery(message, info, this, now));
  }

  #onSettled(delivery: Delivery): void {
    delivery.state = "ended";
    this.#held--;
    if (delivery.answer?.outcome !== "nacked") this.sequence = delivery.info.streamSequence;
    this.#puller?.request();
  }

  #check(): void {
    if (this.#border.nc.isClosed()) return clearInterval(this.#timer);
    this.#puller?.check(performance.now());
  }

  /** Goes on with a new consumer. */
  #reset(reason: string): void {
    if (this.#isResetting || this.#stopped !== undefined) return;
    this.#isResetting = true;
    this.#setProblem(`Cannot receive for hook ${this.name}: ${reason}`);
    this.#puller?.drop();
    this.#puller = undefined;
    void this.#beginAnew();
  }

  async #beginAnew(): Promise<void> {
    try {
      await this.#forget();
      await this.#begin();
      this.#isResetting = false;
      this.#recovered();
    } catch (thrown) {
      this.#setProblem(fromNatsError(thrown, `Cannot provide hook ${this.name}`).message);
      if (this.#stopped !== undefined || this.#border.nc.isClosed()) return;
      this.#retry = setTimeout(() => void this.#beginAnew(), RETRY_MS);
    }
  }

  #setProblem(message: string): void {
    if (this.problem === message) return;
    this.problem = message;
    this.#status.emit({ type: "problem", message });
  }

  #recovered(): void {
    if (this.problem === undefined) return;
    this.problem = undefined;
    this.#status.emit({ type: "recovered" });
  }

  /** Removes the consumer. One that cannot be is forgotten by the server a minute later. */
  async #forget(): Promise<void> {
    const name = this.#consumer;
    this.#consumer = undefined;
    if (name === undefined || this.#border.nc.isClosed()) return;
    const { consumers } = await manager(this.#border.nc);
    await consumers.delete(this.stream, name).catch(() => {});
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#puller?.drop();
    this.#runner.isOpen = false;
    await this.#runner.releaseWaiting();
    if (!this.#runner.isIdle) {
      const idle = new Promise<void>((resolve) => this.#onIdle = resolve);
      await within(this.#options.stopTimeoutMs ?? 10_000, idle);
      this.aborting.abort(new ShizukuError("aborted", `Hook ${this.name} is stopping`));
    }
    await within(RETRY_MS, this.#forget());
    this.#status.emit({ type: "stopped" });
    this.#status.end();
  }
}
