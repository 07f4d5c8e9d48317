import { ShizukuError } from "../core/mod.ts";

/**
 * The signal of one call: aborts at its deadline, on cancel or on shutdown.
 *
 * Controller and timer are made when the signal is first asked for, since most handlers never do.
 */
export class CallSignal implements Disposable {
  readonly #deadline: number | undefined;
  #controller: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reason: unknown;

  /** @param deadline On the clock of `performance.now()`. */
  constructor(deadline: number | undefined) {
    this.#deadline = deadline;
  }

  /** The signal. */
  readonly source = (): AbortSignal => {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
      else this.#startTimer();
    }
    return this.#controller.signal;
  };

  /** Aborts the signal, also one that is asked for later. */
  abort(reason: unknown): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
  }

  /** Ends the call: no timer stays behind. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #startTimer(): void {
    if (this.#deadline === undefined) return;
    const end = () => this.abort(new ShizukuError("deadline_exceeded", "The call's time is over"));
    this.#timer = setTimeout(end, Math.max(0, this.#deadline - performance.now()));
  }
}
