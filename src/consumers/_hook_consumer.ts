import type { QueuedIterator, Status } from "@nats-io/nats-core";
import { type Border, fromNatsError, onDeniedPublish } from "../connection/mod.ts";
import { delay, type Logger, ShizukuError } from "../core/mod.ts";
import type { Delivery } from "./_delivery.ts";
import { HookMetrics } from "./_hook_metrics.ts";
import { HookRunner } from "./_hook_runner.ts";
import { manager } from "./_jetstream.ts";
import { hookNames } from "./_names.ts";
import { Outbox } from "./_outbox.ts";
import { Prefetch } from "./_prefetch.ts";
import { findConsumer, provideConsumer } from "./_provide_consumer.ts";
import type { PullProblem } from "./_puller.ts";
import { Source } from "./_source.ts";
import { StatusFeed } from "./_status_feed.ts";
import type { TryLog } from "./_tries.ts";
import { within } from "./_within.ts";
import { type CircuitState, CLOSED, nextCircuit } from "./circuit.ts";
import type { ConsumerOptions, HookConsumer } from "./consumer.ts";
import type { ConsumerStats, ConsumerStatus } from "./consumer_status.ts";
import type { WriteDeadLetter } from "./dead_letter.ts";
import type { ConsumerIdentity } from "./ensure_consumer.ts";
import type { HookDefinition } from "./hook.ts";

/** What a running hook is made of. */
export interface HookConsumerParts extends Omit<ConsumerOptions, "provide"> {
  readonly border: Border;
  readonly hook: HookDefinition<never>;
  readonly identity: ConsumerIdentity;
  readonly logger: Logger;
  readonly subjectStart: number;
  /** When the stream was made, which tells it from another one of its name. */
  readonly created: string;
  /** The consumer of what is tried anew. */
  readonly redrives?: ConsumerIdentity;
  readonly writeLetter?: WriteDeadLetter;
  readonly tries?: TryLog;
  readonly removeLetter?: (delivery: Delivery) => Promise<unknown>;
  /** Provides the consumer of what is tried anew, and what else the hook needs. */
  readonly provide?: () => Promise<unknown>;
}

/** What is wrong: the server does not answer, or does not allow. */
type ProblemKind = "pull" | "denied";

/** How often the server is asked how the consumer is, in milliseconds. */
const INFO_MS = 10_000;
/** How long a stop waits for handlers that were aborted, and for the server, in milliseconds. */
const GRACE_MS = 500;
const DEFAULT_BYTES = 32 * 1_024 * 1_024;

/** A hook at work: joins what is pulled, what runs and what is sent, and keeps it alive. */
export class HookConsumerImpl implements HookConsumer {
  readonly name: string;
  readonly stream: string;
  readonly durable: string;
  readonly #parts: HookConsumerParts;
  readonly #status: StatusFeed;
  readonly #prefetch: Prefetch;
  readonly #runner: HookRunner;
  readonly #outbox: Outbox;
  readonly #main: Source;
  readonly #sources: Source[];
  readonly #metrics: HookMetrics;
  readonly #aborting = new AbortController();
  readonly #stopping = new AbortController();
  readonly #counts = { received: 0, redelivered: 0, acked: 0, nacked: 0, dead: 0, lost: 0 };
  readonly #pauses = new Set<"manual" | "circuit">();
  readonly #problems = new Map<ProblemKind, string>();
  #denials: Disposable | undefined;
  #circuit: CircuitState = CLOSED;
  #lag = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #statuses: QueuedIterator<Status> | undefined;
  #askedAt = -Infinity;
  #created: string;
  #onIdle: (() => void) | undefined;
  #stopped: Promise<void> | undefined;
  /** Ends of pauses, so that one that follows another begins after it. */
  #pausing: Promise<void> = Promise.resolve();

  constructor(parts: HookConsumerParts) {
    const { border, hook, identity, redrives } = parts;
    this.#parts = parts;
    this.#created = parts.created;
    this.name = hook.name;
    this.stream = identity.stream;
    this.durable = identity.durable;
    this.#status = new StatusFeed(parts.onStatus, parts.logger);
    this.#prefetch = new Prefetch(
      hook.concurrency,
      hook.maxPrefetch,
      hook.maxPrefetchBytes ?? DEFAULT_BYTES,
    );
    this.#outbox = new Outbox(border.nc, {
      confirm: hook.ack === "confirmed" ? (delivery) => this.#confirm(delivery) : undefined,
      onSent: (delivery) => this.#onSent(delivery),
      onFlushed: (count) => this.#onFlushed(count),
    });
    this.#runner = new HookRunner({
      ...parts,
      status: this.#status,
      send: (delivery) => this.#outbox.push(delivery),
      onFailure: (error) => this.#onFailure(error),
      onSuccess: () => this.#onSuccess(),
      onIdle: () => this.#onIdle?.(),
    });
    this.#main = this.#source(identity, false);
    this.#sources = [this.#main];
    if (redrives !== undefined) this.#sources.push(this.#source(redrives, true));
    this.#metrics = new HookMetrics(parts.component, hook.name, () => this.stats);
    this.#runner.metrics = this.#metrics;
  }

  get problem(): string | undefined {
    const [first] = this.#problems.values();
    return first;
  }

  get stats(): ConsumerStats {
    return {
      ...this.#counts,
      inFlight: this.#sources.reduce((sum, { held }) => sum + held.size, 0),
      running: this.#runner.lanes.running,
      lag: this.#lag,
      prefetch: this.#prefetch.size,
      handler: { ...this.#runner.handler },
    };
  }

  get paused(): "manual" | "circuit" | undefined {
    const [reason] = this.#pauses;
    return reason;
  }

  /** Begins to receive. */
  start(): void {
    const { signal } = this.#parts;
    this.#timer = setInterval(() => this.#check(), this.#checkMs);
    void this.#watchConnection();
    this.#denials = onDeniedPublish(
      this.#parts.border.nc,
      (error, subject) => this.#onDenied(error, subject),
    );
    void this.#ask(performance.now());
    for (const source of this.#sources) source.puller.open();
    if (signal?.aborted) void this.stop();
    else signal?.addEventListener("abort", this.#onAbort);
  }

  status(): AsyncIterable<ConsumerStatus> {
    return this.#status.read();
  }

  pause(): Promise<void> {
    return this.#pause("manual");
  }

  resume(): void {
    this.#resume("manual");
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  readonly #onAbort = () => {
    // Nobody waits for a stop that a signal asks for; stop() itself never rejects.
    void this.stop();
  };

  get #heartbeatMs(): number {
    return this.#parts.heartbeatMs ?? 2_500;
  }

  /** Often enough for leases, heartbeats and a lag that is not too old. */
  get #checkMs(): number {
    const { ackWaitMs } = this.#parts.hook;
    return Math.max(10, Math.min(ackWaitMs / 6, this.#heartbeatMs / 2, 1_000));
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #source({ stream, durable }: ConsumerIdentity, redriven: boolean): Source {
    const { border, hook, logger, subjectStart } = this.#parts;
    return new Source({
      border,
      hook,
      stream,
      consumer: durable,
      heartbeatMs: this.#heartbeatMs,
      checkMs: this.#checkMs,
      redriven,
      aborting: this.#aborting,
      logger,
      subjectStart,
      // What is tried anew is little, and must not take the place of what is new.
      size: redriven ? () => hook.concurrency : () => this.#prefetch.size,
      parked: redriven ? () => 0 : () => this.#runner.lanes.parkedJobs,
      onMessage: (delivery) => this.#onMessage(delivery),
      onProblem: (problem, source) => this.#onProblem(problem, source),
      onRecovered: () => this.#onRecovered("pull", "denied"),
      onLost: (delivery, reason) => this.#onLost(delivery, reason),
    });
  }

  #onMessage(delivery: Delivery): void {
    const { info, holder, data } = delivery;
    this.#counts.received++;
    if (info.deliveryCount > 1) this.#counts.redelivered++;
    if (!holder.redriven) this.#lag = info.pending;
    this.#prefetch.measure(data.length);
    this.#runner.accept(delivery);
  }

  #onSent(delivery: Delivery): void {
    this.#counts[delivery.answer!.outcome]++;
    (delivery.holder as Source).settled(delivery);
  }

  #onFlushed(count: number): void {
    const isStarved = this.#runner.lanes.isIdle && this.#lag > 0;
    this.#prefetch.completed(count, isStarved, performance.now());
    for (const { puller } of this.#sources) puller.request();
    if (this.#outbox.isEmpty) this.#onIdle?.();
  }

  #confirm({ reply, answer }: Delivery): Promise<unknown> {
    const { border, hook } = this.#parts;
    const timeoutMs = Math.max(100, Math.min(5_000, hook.ackWaitMs / 2));
    return border.call(reply, answer!.payload, { timeoutMs });
  }

  /** Everything that has to be looked after now and then, on one timer. */
  #check(): void {
    const { nc } = this.#parts.border;
    if (nc.isClosed()) return this.#onClosed();
    const now = performance.now();
    const isOnline = !this.#outbox.isOffline;
    for (const { leases, puller } of this.#sources) {
      leases.check(now, isOnline);
      if (isOnline) puller.check(now);
    }
    this.#outbox.retry();
    if (isOnline && !this.#isStopping && now - this.#askedAt >= INFO_MS) void this.#ask(now);
  }

  /** Asks how the consumer is: its lag while nothing comes, and what it has settled. */
  async #ask(now: number): Promise<void> {
    this.#askedAt = now;
    try {
      const info = await findConsumer(this.#parts.border.nc, this.stream, this.#main.consumer);
      if (info === undefined) return;
      this.#lag = info.num_pending;
      this.#main.floor = Math.max(this.#main.floor, info.ack_floor.stream_seq);
    } catch {
      // It is asked again; that it does not answer shows in its pulls too.
    }
  }

  // Connection

  async #watchConnection(): Promise<void> {
    const statuses = this.#parts.border.nc.status() as QueuedIterator<Status>;
    this.#statuses = statuses;
    // The iterator ends with the connection, and does not fail.
    for await (const { type } of statuses) {
      if (type === "disconnect" || type === "reconnecting") this.#onDisconnect();
      else if (type === "reconnect") this.#onReconnect();
    }
  }

  #onDisconnect(): void {
    if (this.#outbox.isOffline) return;
    this.#outbox.setOffline(true);
    this.#status.emit({ type: "disconnected" });
  }

  #onReconnect(): void {
    // Leases first: what was lost meanwhile must not be acknowledged.
    const now = performance.now();
    for (const { leases } of this.#sources) leases.check(now, true);
    this.#outbox.setOffline(false);
    this.#status.emit({ type: "reconnected" });
    // Another server, or the same one with other permissions.
    this.#onRecovered("denied");
    for (const { puller } of this.#sources) {
      if (!puller.isOpen) continue;
      puller.drop();
      puller.open();
    }
  }

  /** The user has closed the connection: nobody hears us any more. */
  #onClosed(): void {
    this.#setProblem("The connection is closed");
    clearInterval(this.#timer);
    for (const { leases } of this.#sources) leases.loseAll();
    this.#onIdle?.();
  }

  // Problems of pulls

  #onProblem(problem: PullProblem, source: Source): void {
    switch (problem.type) {
      case "missed_heartbeats":
        this.#status.emit({ type: "missed_heartbeats" });
        // What is not allowed gets no answer, and that is known.
        if (!this.#problems.has("denied")) this.#setProblem("The server gives no sign of life");
        source.puller.drop();
        return source.puller.open();
      case "deleted":
      case "absent":
        return void this.#recover(source);
      case "denied":
        return this.#setProblem(
          `Cannot receive for hook ${this.name}: ${problem.reason}`,
          "denied",
        );
      case "retry":
      case "failed":
        return this.#setProblem(`Cannot receive for hook ${this.name}: ${problem.reason}`);
    }
  }

  /** The server does not say of which message it speaks, but its subject is that of one of ours. */
  #onDenied({ message }: Error, subject: string): void {
    const source = this.#sources.find((source) => source.isAsking(subject));
    if (source !== undefined) {
      this.#setProblem(`Cannot receive for hook ${this.name}: ${message}`, "denied");
    } else if (this.#sources.some((source) => source.isAnswering(subject))) {
      this.#setProblem(`Cannot settle events of hook ${this.name}: ${message}`, "denied");
    } else if (isOfHook(this.#parts, subject)) {
      const what = "dead letters and tries";
      this.#setProblem(`Cannot keep ${what} of hook ${this.name}: ${message}`, "denied");
    }
  }

  #setProblem(message: string, kind: ProblemKind = "pull"): void {
    if (this.#problems.get(kind) === message || this.#isStopping) return;
    this.#problems.set(kind, message);
    this.#parts.logger.warn("{message}", { message });
    this.#status.emit({ type: "problem", message });
  }

  #onRecovered(...kinds: ProblemKind[]): void {
    const { problem } = this;
    for (const kind of kinds) this.#problems.delete(kind);
    if (problem !== undefined && this.problem === undefined) {
      this.#status.emit({ type: "recovered" });
    }
  }

  /** Finds out whether the consumer is gone or only has no leader, and what is to be done. */
  async #recover(source: Source): Promise<void> {
    if (source.isRecovering || this.#isStopping) return;
    source.isRecovering = true;
    try {
      const { nc } = this.#parts.border;
      const found = await findConsumer(nc, source.stream, source.consumer);
      if (found === undefined) await this.#onDeleted(source);
      else this.#setProblem(`Cannot receive for hook ${this.name}: its consumer has no leader`);
    } catch (thrown) {
      this.#setProblem(fromNatsError(thrown, `Cannot find consumer ${source.consumer}`).message);
    } finally {
      source.isRecovering = false;
    }
  }

  async #onDeleted(source: Source): Promise<void> {
    const message = `Consumer ${source.consumer} of stream ${source.stream} is deleted`;
    if (this.problem !== message) {
      // Nobody knows any more that these are ours: they come again.
      source.leases.loseAll();
      this.#status.emit({ type: "deleted" });
      this.#setProblem(message);
    }
    if (this.#parts.whenDeleted === "report" || this.#isStopping) return;
    await this.#recreate(source);
    this.#status.emit({ type: "recreated" });
    source.puller.drop();
    if (!this.#isStopping && this.paused === undefined) source.puller.open();
  }

  async #recreate(source: Source): Promise<void> {
    const { border, hook, provide } = this.#parts;
    if (source.redriven) return void await provide?.();
    const { streams } = await manager(border.nc);
    const { created } = await streams.info(source.stream);
    // In another stream of that name all is new; and before anything was settled, the consumer
    // began where the hook says.
    const isAnother = created !== this.#created;
    if (isAnother) source.floor = 0;
    this.#created = created;
    const start = isAnother
      ? "all"
      : source.floor > 0
      ? { sequence: source.floor + 1 }
      : hook.start;
    const { durable } = await provideConsumer(border.nc, { ...hook, start }, this.#parts);
    source.consumer = durable;
  }

  #onLost(delivery: Delivery, reason: "cap" | "silence"): void {
    const { subject, info } = delivery;
    const message = reason === "cap"
      ? `Hook ${this.name} has held the message for too long`
      : `Hook ${this.name} could not tell the server in time that it works on the message`;
    this.#counts.lost++;
    delivery.lose(new ShizukuError("aborted", message));
    this.#status.emit({
      type: "lease_lost",
      subject,
      sequence: info.streamSequence,
      reason: message,
    });
    // What follows it in its lane must not overtake it.
    if (reason === "cap") void this.#runner.releaseFollowers(delivery);
  }

  // Pauses

  #onSuccess(): void {
    const { circuit } = this.#parts.hook;
    if (circuit !== undefined) this.#circuit = nextCircuit(this.#circuit, false, 1);
  }

  /** Whether the hook pauses, so that a failure does not count. */
  #onFailure(error: ShizukuError): boolean {
    const { circuit } = this.#parts.hook;
    if (circuit === undefined) return false;
    const { when = ({ code }) => code === "unavailable", failures = 5 } = circuit;
    const isDown = when(error);
    const before = this.#circuit;
    this.#circuit = nextCircuit(before, isDown, failures);
    if (before.type !== "open" && this.#circuit.type === "open") void this.#open();
    return isDown && this.#circuit.type === "open";
  }

  /** Pauses until what the hook depends on is there again. */
  async #open(): Promise<void> {
    const { waitMs = 5_000, probe } = this.#parts.hook.circuit!;
    const { signal } = this.#stopping;
    void this.#pause("circuit");
    do await delay(waitMs, signal); while (!signal.aborted && !await this.#succeeds(probe));
    if (signal.aborted) return;
    this.#circuit = probe === undefined ? { type: "half_open" } : CLOSED;
    this.#resume("circuit");
  }

  async #succeeds(probe: ((signal: AbortSignal) => unknown) | undefined): Promise<boolean> {
    try {
      return await probe?.(this.#stopping.signal) !== false;
    } catch (error) {
      this.#parts.logger.info("Hook {hook} stays paused: {error}", { hook: this.name, error });
      return false;
    }
  }

  #pause(reason: "manual" | "circuit"): Promise<void> {
    if (this.#isStopping || this.#pauses.has(reason)) return this.#pausing;
    this.#pauses.add(reason);
    if (this.#pauses.size > 1) return this.#pausing;
    this.#status.emit({ type: "paused", reason });
    return this.#pausing = this.#giveBackWaiting();
  }

  #resume(reason: "manual" | "circuit"): void {
    if (!this.#pauses.delete(reason) || this.#pauses.size > 0 || this.#isStopping) return;
    this.#runner.isOpen = true;
    this.#status.emit({ type: "resumed" });
    for (const { puller } of this.#sources) if (!puller.isOpen) puller.open();
  }

  /** Stops the pulls, takes what is on its way, and gives back all that does not run. */
  async #giveBackWaiting(): Promise<void> {
    this.#runner.isOpen = false;
    await within(GRACE_MS, Promise.all(this.#sources.map(({ puller }) => puller.close())));
    // Resumed meanwhile.
    if (this.#runner.isOpen) return;
    await this.#runner.releaseWaiting();
  }

  // Stop

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#parts.signal?.removeEventListener("abort", this.#onAbort);
    await this.#giveBackWaiting();
    await this.#untilIdle(this.#parts.stopTimeoutMs ?? 10_000);
    if (!this.#isIdle) {
      this.#aborting.abort(new ShizukuError("aborted", `Hook ${this.name} is stopping`));
      await this.#untilIdle(GRACE_MS);
      await this.#abandon();
    }
    await this.#close();
  }

  async #abandon(): Promise<void> {
    const held = this.#sources.flatMap(({ held }) => [...held]);
    await within(GRACE_MS, this.#runner.abandon(held));
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#statuses?.stop();
    this.#denials?.[Symbol.dispose]();
    this.#metrics[Symbol.dispose]();
    const { border, hook } = this.#parts;
    if (!border.nc.isClosed()) {
      this.#outbox.flush();
      const closing = hook.durable ? border.nc.flush() : this.#deleteConsumer();
      // A flush waits for a connection that is lost; what it would send is gone with it.
      await within(GRACE_MS, closing);
    }
    this.#status.emit({ type: "stopped" });
    this.#status.end();
  }

  async #deleteConsumer(): Promise<void> {
    const { consumers } = await manager(this.#parts.border.nc);
    await consumers.delete(this.stream, this.#main.consumer);
  }

  /** Whether nothing runs, and all that can be said is said. */
  get #isIdle(): boolean {
    const { isOffline, isEmpty } = this.#outbox;
    return this.#runner.isIdle && (isEmpty || isOffline || this.#parts.border.nc.isClosed());
  }

  async #untilIdle(timeoutMs: number): Promise<void> {
    if (this.#isIdle) return;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = () => {
        if (this.#isIdle) resolve();
      };
    });
    await within(timeoutMs, idle);
    this.#onIdle = undefined;
  }
}

/** Whether a hook writes its dead letters or tries on a subject, or reads them. */
function isOfHook({ hook, ...place }: HookConsumerParts, subject: string): boolean {
  const { letters, tries, letter, tried } = hookNames(place);
  return [letter, tried].some((of) => subject.startsWith(of(hook.name, ""))) ||
    [letters, tries].some((stream) => subject === `$JS.API.STREAM.MSG.GET.${stream}`);
}
