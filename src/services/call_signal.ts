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
  #isCanceled = false;

  /** @param deadline On the clock of `performance.now()`. */
  constructor(deadline: number | undefined) {
    this.#deadline = deadline;
  }

  /** Gives the signal. */
  readonly source = (): AbortSignal => {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
      else this.#startTimer();
    }
    return this.#controller.signal;
  };

  /** Whether the caller has said that it waits no longer, or its time is over. */
  get isCanceled(): boolean {
    return this.#isCanceled ||
      (this.#deadline !== undefined && performance.now() > this.#deadline);
  }

  /** Aborts the signal, also one that is asked for later. */
  abort(reason: unknown): void {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
  }

  /** Aborts the signal because the caller waits no longer. */
  cancel(reason: unknown): void {
    this.#isCanceled = true;
    this.abort(reason);
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
