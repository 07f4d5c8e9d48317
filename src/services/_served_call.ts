import { CallSignal } from "../core/mod.ts";

/** One call that a service is working on: its signal, and whether anybody still waits for it. */
export class ServedCall extends CallSignal {
  /** Where the answer goes, which also identifies the call. */
  readonly reply: string;
  /** Where it stands among the running calls. */
  place = 0;
  /** When it came, on the clock of `performance.now()`. */
  readonly started: number;
  readonly #deadline: number | undefined;
  #isAborted = false;

  /** @param deadline On the clock of `performance.now()`. */
  constructor(reply: string, started: number, deadline: number | undefined) {
    super(deadline);
    this.reply = reply;
    this.started = started;
    this.#deadline = deadline;
  }

  /** Whether the caller has said that it waits no longer, or its time is over. */
  isAbandoned(now: number): boolean {
    return this.#isAborted || (this.#deadline !== undefined && now > this.#deadline);
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
