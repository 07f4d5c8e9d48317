import { MAX_TIMER_MS } from "./_timers.ts";
import { ShizukuError } from "./shizuku_error.ts";

/**
 * The signal of one call: aborts at its deadline, on cancel or on shutdown.
 *
 * Controller and timer are made when the signal is first asked for, since most handlers never do.
 * The timer keeps no process alive. Given to a context as its `signal`, it is the whole signal
 * there.
 *
 * @example
 * ```ts
 * import { CallSignal, createContext } from "@shizuku/shizuku/core";
 *
 * using signal = new CallSignal(performance.now() + 500);
 * const ctx = createContext({ signal });
 * signal.abort("the caller went away");
 * console.log(ctx.signal.aborted); // true
 * ```
 */
export class CallSignal implements Disposable {
  readonly #deadline: number | undefined;
  readonly #parent: { readonly signal: AbortSignal } | undefined;
  #controller: AbortController | undefined;
  #stop: (() => void) | undefined;
  #isOver = false;

  /**
   * Makes the signal of a call that begins.
   *
   * @param deadline On the clock of `performance.now()`.
   * @param parent A context, or a controller, whose abort is this one's too.
   */
  constructor(deadline?: number, parent?: { readonly signal: AbortSignal }) {
    this.#deadline = deadline;
    this.#parent = parent;
  }

  /** The signal. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (!this.#isOver) this.#start();
    }
    return this.#controller.signal;
  }

  /** Aborts the signal, also one that is asked for later. */
  abort(reason: unknown): void {
    this[Symbol.dispose]();
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** Ends the call: no timer and no listener stays behind. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#stop?.();
  }

  #start(): void {
    const parent = this.#parent?.signal;
    if (parent?.aborted) return this.abort(parent.reason);
    const follow = () => this.abort(parent?.reason);
    const end = () => this.abort(new ShizukuError("deadline_exceeded", "The call took too long"));
    const timer = this.#deadline === undefined
      ? undefined
      : setTimeout(end, Math.max(0, Math.min(this.#deadline - performance.now(), MAX_TIMER_MS)));
    // Browsers and workers give a number, and have no process to keep alive.
    (timer as { unref?(): void } | undefined)?.unref?.();
    parent?.addEventListener("abort", follow);
    this.#stop = () => {
      clearTimeout(timer);
      parent?.removeEventListener("abort", follow);
    };
  }
}
