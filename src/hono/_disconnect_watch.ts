import type { AbortListener, AbortSource, SignalHolder } from "../services/mod.ts";

/**
 * How often the callers of running calls are looked at, in milliseconds. Merely to touch the signal
 * of a request halves what Deno answers in a second, and most calls are over before the next look;
 * a timer for each of them would cost a quarter.
 */
const SWEEP_MS = 20;

/** The part of a request that tells when its caller goes away. */
export interface Caller {
  /** Aborts when the caller goes away. Read late, or never. */
  readonly signal: AbortSignal;
}

/** Watches the callers of running calls, with one timer for all, and none while there are none. */
export class DisconnectWatch {
  readonly #fresh = new Set<DisconnectSignal>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Watches the caller of a call from the next look on. */
  add(call: DisconnectSignal): void {
    this.#fresh.add(call);
    this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS);
  }

  /** Forgets a call that is over. */
  delete(call: DisconnectSignal): void {
    this.#fresh.delete(call);
  }

  #sweep(): void {
    this.#timer = undefined;
    for (const call of this.#fresh) call.watch();
    this.#fresh.clear();
  }
}

/**
 * The signal of one call: aborts when its caller goes away. Nothing is made, and nobody is watched,
 * before somebody asks for it. Dispose of it when the call is over.
 *
 * It is an abort source itself, so that a transport can hear of the abort without a signal.
 */
export class DisconnectSignal implements SignalHolder, AbortSource, Disposable {
  aborted = false;
  reason: unknown;
  readonly #caller: Caller;
  readonly #watch: DisconnectWatch;
  #listener: AbortListener | undefined;
  #controller: AbortController | undefined;
  #watched: AbortSignal | undefined;
  #isWatched = false;

  constructor(caller: Caller, watch: DisconnectWatch) {
    this.#caller = caller;
    this.#watch = watch;
  }

  /** The signal. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
      this.#begin();
    }
    return this.#controller.signal;
  }

  /** Itself. */
  get source(): AbortSource {
    return this;
  }

  /** Tells the one listener that it can have. */
  addEventListener(_type: "abort", listener: AbortListener): void {
    this.#listener = listener;
    this.#begin();
  }

  /** Tells nobody any more. */
  removeEventListener(): void {
    this.#listener = undefined;
  }

  /** Looks at the caller, now and from now on. */
  watch(): void {
    this.#watched = this.#caller.signal;
    if (this.#watched.aborted) this.handleEvent();
    else this.#watched.addEventListener("abort", this, { once: true });
  }

  /** Stops watching. Some runtimes abort the signal of a request after its answer, too. */
  [Symbol.dispose](): void {
    if (!this.#isWatched) return;
    this.#watch.delete(this);
    this.#watched?.removeEventListener("abort", this);
  }

  #begin(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#watch.add(this);
  }

  /** Called by the signal of the caller. */
  handleEvent(): void {
    this.aborted = true;
    this.reason = this.#watched?.reason;
    this.#controller?.abort(this.reason);
    this.#listener?.handleEvent({ currentTarget: this });
  }
}
