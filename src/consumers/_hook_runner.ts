import { invalid } from "../connection/mod.ts";
import { type Awaitable, isPromiseLike, type Logger, ShizukuError } from "../core/mod.ts";
import { type Answer, type Delivery, HookContext } from "./_delivery.ts";
import type { HookMetrics } from "./_hook_metrics.ts";
import { Lanes } from "./_lanes.ts";
import type { StatusFeed } from "./_status_feed.ts";
import { historyOf, isTriedAlone, type TryHistory, type TryLog } from "./_tries.ts";
import type { WriteDeadLetter } from "./dead_letter.ts";
import type { HookDefinition } from "./hook.ts";
import { mostAttempts, type Outcome, settlementOf } from "./settlement.ts";

/** Where a hook's messages go besides the processor. */
export interface RunnerOptions {
  readonly hook: HookDefinition<never>;
  readonly logger: Logger;
  readonly status: StatusFeed;
  /** Writes dead letters; without it, what is given up is gone. */
  readonly writeLetter?: WriteDeadLetter | undefined;
  /** Remembers tries; without it, the server's number of deliveries counts. */
  readonly tries?: TryLog | undefined;
  /** Removes the dead letter that a message is a copy of. */
  readonly removeLetter?: ((delivery: Delivery) => Promise<unknown>) | undefined;
  /** Tells the server what became of a message. */
  send(delivery: Delivery): void;
  /** Tells whether the hook pauses after a failure, and this try is not to count. */
  onFailure(error: ShizukuError): boolean;
  onSuccess(): void;
  /** Nothing runs any more. */
  onIdle(): void;
}

const ENCODER = new TextEncoder();
/** Without a payload it is the same as `+ACK`, and shorter. */
const ACK: Answer = { outcome: "acked", payload: new Uint8Array() };
const NAK: Answer = { outcome: "nacked", payload: ENCODER.encode("-NAK") };
/** How long a message waits that could not be tried, since its tries could not be counted. */
const UNCOUNTED_WAIT_MS = 1_000;

/** Runs the processor of a hook on what is held, and decides what becomes of it. */
export class HookRunner {
  readonly lanes: Lanes<Delivery>;
  readonly #options: RunnerOptions;
  readonly #hook: HookDefinition<never>;
  readonly #mostAttempts: number;
  readonly #isOrdered: boolean;
  /** Waits between tries of parked messages. */
  readonly #waits = new Map<Delivery, ReturnType<typeof setTimeout>>();
  readonly handler = { count: 0, totalMs: 0, maxMs: 0 };
  metrics: HookMetrics | undefined;
  /** Whether messages are given to the processor; else they are given back. */
  isOpen = true;
  /** Ends when the last of the suspects has had its turn. */
  #lastTurn: Promise<void> = Promise.resolve();
  /** How many messages are between their turn and their settlement. */
  #busy = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#hook = options.hook;
    this.#mostAttempts = mostAttempts(options.hook);
    this.#isOrdered = options.hook.key !== undefined;
    this.lanes = new Lanes(options.hook.concurrency, (delivery) => this.#begin(delivery));
  }

  /** Whether nothing runs, and nothing is on its way to its settlement. */
  get isIdle(): boolean {
    return this.#busy === 0;
  }

  /** Takes a message that has come. */
  accept(delivery: Delivery): void {
    if (!this.isOpen) return void this.#giveBack([delivery]);
    if (!this.#isOrdered) return this.lanes.add(delivery, undefined);
    try {
      this.#decode(delivery);
      const key = this.#hook.key!(delivery.event as never, new HookContext(delivery));
      this.lanes.add(delivery, key);
    } catch (thrown) {
      // It has no lane, and needs none.
      const attempts = Math.max(1, delivery.attempt);
      this.#busy++;
      void this.#bury(delivery, attempts, ShizukuError.from(thrown, "pre")).then(() => this.#end());
    }
  }

  /** Gives back all that does not run. */
  async releaseWaiting(): Promise<void> {
    for (const timer of this.#waits.values()) clearTimeout(timer);
    this.#waits.clear();
    await this.#giveBack(this.lanes.takeWaiting());
  }

  /** Gives back what still runs; what its processor does later has no effect. */
  abandon(deliveries: Iterable<Delivery>): Promise<void> {
    return this.#giveBack([...deliveries].filter(({ state }) => state === "running"));
  }

  /** Gives back what comes after a message in its lane: it must not overtake it. */
  async releaseFollowers(delivery: Delivery): Promise<void> {
    await this.#giveBack(this.lanes.takeFollowers(delivery));
  }

  #begin(delivery: Delivery): void {
    this.#busy++;
    if (delivery.isOver) return this.#done(delivery);
    if (!this.isOpen) return this.#release(delivery);
    if (delivery.attempt === 1 && !delivery.holder.redriven) return this.#process(delivery);
    void this.#beginAgain(delivery);
  }

  /** Finds out which try this is; one that may take the process down is noted before it begins. */
  async #beginAgain(delivery: Delivery): Promise<void> {
    const { tries, removeLetter } = this.#options;
    try {
      if (delivery.holder.redriven && !delivery.wasStarted) await removeLetter?.(delivery);
      const history = await this.#historyOf(delivery);
      delivery.attempt = history.tries + 1;
      if (delivery.attempt > this.#mostAttempts) return await this.#giveUp(delivery);
      const isAlone = history.isSuspect && isTriedAlone(delivery.attempt, this.#mostAttempts);
      if (isAlone) await this.#turnOf(delivery);
      if (delivery.isOver) return this.#done(delivery);
      if (!this.isOpen) return this.#release(delivery);
      // A try that follows another one here is no new delivery, and so the server does not count it.
      if (history.isSuspect || delivery.wasStarted) {
        await tries?.write(delivery, delivery.attempt, false);
      }
    } catch (error) {
      const { logger } = this.#options;
      logger.warn("Cannot count the tries of {subject}: {error}", {
        subject: delivery.subject,
        error,
      });
      this.#send(delivery, nak(UNCOUNTED_WAIT_MS));
      return this.#done(delivery);
    }
    if (delivery.isOver) this.#done(delivery);
    else this.#process(delivery);
  }

  async #historyOf(delivery: Delivery): Promise<TryHistory> {
    const { tries } = this.#options;
    const { deliveryCount } = delivery.info;
    if (delivery.attempt > 0) return { tries: delivery.attempt - 1, isSuspect: false };
    if (tries === undefined) return { tries: deliveryCount - 1, isSuspect: false };
    return historyOf(await tries.read(delivery), deliveryCount);
  }

  /** One at a time: so the innocent do not go down with the guilty again. */
  async #turnOf(delivery: Delivery): Promise<void> {
    const before = this.#lastTurn;
    this.#lastTurn = new Promise((resolve) => delivery.endTurn = resolve);
    await before;
  }

  /** Nobody is left who could say what went wrong: most likely it took its process down. */
  async #giveUp(delivery: Delivery): Promise<void> {
    const attempts = delivery.attempt - 1;
    const reason = `Gave up after ${attempts} tries that never came to an end`;
    await this.#bury(delivery, attempts, new ShizukuError("aborted", reason));
    this.#done(delivery);
  }

  #process(delivery: Delivery): void {
    delivery.state = "running";
    delivery.wasStarted = true;
    delivery.startedAt = performance.now();
    let result: Awaitable<unknown>;
    try {
      const found = this.#decode(delivery);
      result = found.route.process(delivery.event, new HookContext(delivery));
    } catch (thrown) {
      return this.#ended(delivery, thrown, true);
    }
    if (!isPromiseLike(result)) return this.#ended(delivery, undefined, false);
    result.then(
      () => this.#ended(delivery, undefined, false),
      (thrown) => this.#ended(delivery, thrown, true),
    );
  }

  #decode(delivery: Delivery) {
    if (delivery.found !== undefined) return delivery.found;
    const found = this.#hook.find(delivery.subject);
    if (found === undefined) throw noRoute(this.#hook, delivery.subject);
    try {
      delivery.event = found.route.codec.decode(delivery.data);
    } catch (thrown) {
      throw undecodable(thrown, found.route.typeName);
    }
    return delivery.found = found;
  }

  #ended(delivery: Delivery, thrown: unknown, hasFailed: boolean): void {
    this.#measure(performance.now() - delivery.startedAt);
    // It was abandoned, or its lease is lost: the server gives it to somebody else.
    if (delivery.state !== "running") return this.#done(delivery);
    if (!hasFailed) {
      this.#options.onSuccess();
      this.#send(delivery, ACK);
      return this.#done(delivery);
    }
    const error = ShizukuError.from(thrown);
    this.#log(delivery, error);
    this.#settle(delivery, error, this.#outcomeOf(delivery, error));
  }

  #outcomeOf(delivery: Delivery, error: ShizukuError): Outcome {
    if (delivery.holder.aborting.signal.aborted) return { type: "interrupted" };
    return this.#options.onFailure(error) ? { type: "interrupted" } : { type: "failed", error };
  }

  #settle(delivery: Delivery, error: ShizukuError, outcome: Outcome): void {
    const settlement = settlementOf(outcome, delivery.attempt, this.#hook);
    switch (settlement.action) {
      case "nak":
        this.#retryLater(delivery, settlement.delayMs, error);
        break;
      case "dead":
        void this.#bury(delivery, delivery.attempt, error).then(() => this.#done(delivery));
        break;
      case "release":
        this.#release(delivery);
        break;
      default:
        this.#done(delivery);
    }
  }

  /** In order, a message waits here, and its lane with it; else the server keeps it meanwhile. */
  #retryLater(delivery: Delivery, delayMs: number, { code }: ShizukuError): void {
    const { subject, attempt, info } = delivery;
    const about = { subject, sequence: info.streamSequence, attempt, code };
    this.#options.status.emit({ type: "retry", ...about, delayMs });
    if (!this.#isOrdered) return void this.#noteAndNak(delivery, delayMs);
    if (!this.isOpen) return this.#release(delivery);
    delivery.attempt++;
    delivery.state = "waiting";
    const timer = setTimeout(() => {
      this.#waits.delete(delivery);
      this.lanes.unpark(delivery);
    }, delayMs);
    this.#waits.set(delivery, timer);
    delivery.endTurn?.();
    this.lanes.park(delivery);
    this.#end();
  }

  /** What cannot be noted is taken for a suspect when it comes again, and counts all the same. */
  async #noteAndNak(delivery: Delivery, delayMs: number): Promise<void> {
    delivery.state = "settling";
    try {
      await this.#options.tries?.write(delivery, delivery.attempt, true);
    } catch (error) {
      this.#options.logger.warn("Cannot note a try of {subject}: {error}", {
        subject: delivery.subject,
        error,
      });
    }
    this.#send(delivery, nak(delayMs));
    this.#done(delivery);
  }

  /** The letter first: what is not written is kept. */
  async #bury(delivery: Delivery, attempts: number, error: ShizukuError): Promise<void> {
    const { writeLetter, logger, status } = this.#options;
    delivery.state = "settling";
    try {
      await writeLetter?.(delivery, attempts, error);
    } catch (thrown) {
      logger.error("Cannot write a dead letter, keep {subject}: {error}", {
        subject: delivery.subject,
        error: thrown,
      });
      status.emit({ type: "problem", message: ShizukuError.from(thrown).message });
      return this.#send(delivery, nak(this.#hook.backoff.maxMs));
    }
    const { subject, info } = delivery;
    const about = { subject, sequence: info.streamSequence, attempt: attempts, code: error.code };
    status.emit({ type: "dead", ...about });
    this.#send(delivery, { outcome: "dead", payload: ENCODER.encode(`+TERM ${error.code}`) });
  }

  #release(delivery: Delivery): void {
    const followers = this.lanes.takeFollowers(delivery);
    void this.#giveBack([delivery, ...followers]).then(() => this.#done(delivery));
  }

  /** Gives messages back, in their order, and so that what has not come to an end does not count. */
  async #giveBack(deliveries: Delivery[]): Promise<void> {
    const ours = deliveries.filter(({ isOver }) => !isOver)
      .sort((a, b) => a.info.streamSequence - b.info.streamSequence);
    for (const delivery of ours) delivery.state = "settling";
    // What cannot be noted counts as a try: better than to lose count of the others.
    await Promise.allSettled(ours.map((delivery) => this.#takeBackTry(delivery)));
    for (const delivery of ours) this.#send(delivery, NAK);
  }

  async #takeBackTry(delivery: Delivery): Promise<void> {
    const { tries } = this.#options;
    if (tries === undefined) return;
    const history = await this.#historyOf(delivery);
    await tries.write(delivery, history.tries, true);
  }

  #send(delivery: Delivery, answer: Answer): void {
    if (delivery.isOver) return;
    delivery.state = "settling";
    delivery.answer = answer;
    this.#options.send(delivery);
  }

  #done(delivery: Delivery): void {
    delivery.release();
    delivery.endTurn?.();
    this.lanes.done(delivery);
    this.#end();
  }

  #end(): void {
    if (--this.#busy === 0) this.#options.onIdle();
  }

  #measure(ms: number): void {
    const { handler } = this;
    handler.count++;
    handler.totalMs += ms;
    if (ms > handler.maxMs) handler.maxMs = ms;
    this.metrics?.record(ms);
  }

  #log(delivery: Delivery, error: ShizukuError): void {
    this.#options.logger.warn("Try {attempt} of {subject} failed: {error}", {
      attempt: delivery.attempt,
      subject: delivery.subject,
      error,
      cause: error.cause,
    });
  }
}

function nak(delayMs: number): Answer {
  const delay = Math.round(delayMs * 1_000_000);
  return { outcome: "nacked", payload: ENCODER.encode(`-NAK {"delay":${delay}}`) };
}

function undecodable(thrown: unknown, typeName: string): ShizukuError {
  if (ShizukuError.is(thrown)) return thrown;
  return invalid(`Cannot decode ${typeName}`, thrown);
}

/** The error of a message that no route of its hook takes. */
function noRoute(hook: HookDefinition<never>, text: string): ShizukuError {
  const wanted = hook.routes.map((route) => route.subject.template).join(", ");
  return new ShizukuError(
    "unimplemented",
    `Cannot handle ${text} in hook ${hook.name} as its subject must match ${wanted}`,
    { stage: "pre" },
  );
}
