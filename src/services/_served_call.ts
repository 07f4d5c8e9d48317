import { CallSignal } from "../core/mod.ts";

/** One call that a service is working on: its signal, and whether anybody still waits for it. */
export class ServedCall extends CallSignal {
  readonly #deadline: number | undefined;
  #isAborted = false;

  /** @param deadline On the clock of `performance.now()`. */
  constructor(deadline: number | undefined) {
    super(deadline);
    this.#deadline = deadline;
  }

  /** Whether the caller has said that it waits no longer, or its time is over. */
  get isAbandoned(): boolean {
    return this.#isAborted ||
      (this.#deadline !== undefined && performance.now() > this.#deadline);
  }

  /** Aborts the signal because the caller waits no longer. */
  override abort(reason: unknown): void {
    this.#isAborted = true;
    super.abort(reason);
  }

  /** Aborts the signal because the service stops; the caller is still to hear of it. */
  stop(reason: unknown): void {
    super.abort(reason);
  }
}
