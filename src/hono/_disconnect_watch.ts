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

  /** Gives the signal of a call that starts. Dispose of it when the call is over. */
  start(caller: Caller): DisconnectSignal {
    const call = new DisconnectSignal(caller, this.#fresh);
    this.#fresh.add(call);
    this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS);
    return call;
  }

  #sweep(): void {
    this.#timer = undefined;
    for (const call of this.#fresh) call.watch();
    this.#fresh.clear();
  }
}

/** The signal of one call: aborts when its caller goes away. */
export class DisconnectSignal implements Disposable {
  readonly #caller: Caller;
  readonly #fresh: Set<DisconnectSignal>;
  readonly #controller = new AbortController();
  #watched: AbortSignal | undefined;

  /** @param fresh Where it is kept until it is watched. */
  constructor(caller: Caller, fresh: Set<DisconnectSignal>) {
    this.#caller = caller;
    this.#fresh = fresh;
  }

  /** The signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Looks at the caller, now and from now on. */
  watch(): void {
    this.#watched = this.#caller.signal;
    if (this.#watched.aborted) this.#abort();
    else this.#watched.addEventListener("abort", this.#abort, { once: true });
  }

  /** Stops watching. Some runtimes abort the signal of a request after its answer, too. */
  [Symbol.dispose](): void {
    this.#fresh.delete(this);
    this.#watched?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#controller.abort(this.#watched?.reason);
}
