import type { CallTable } from "./_call_table.ts";
import type { PendingCall } from "./_pending_call.ts";

/** How exact deadlines are, in milliseconds. */
const TICK_MS = 25;
/** A tick that is so late means that the process was busy or frozen. */
const LATE_MS = 100;

/** Ends the calls that are over their time, with one coarse timer, which stops while none is pending. */
export class DeadlineSweep {
  readonly #calls: CallTable;
  readonly #onExpired: (call: PendingCall) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tickDue = 0;
  #forgave = false;
  #earliest = Infinity;

  constructor(calls: CallTable, onExpired: (call: PendingCall) => void) {
    this.#calls = calls;
    this.#onExpired = onExpired;
  }

  /** Watches a call that starts now. */
  watch({ deadline }: PendingCall, now: number): void {
    if (deadline < this.#earliest) this.#earliest = deadline;
    if (this.#timer === undefined) this.#schedule(now);
  }

  /** Stops the timer; the next call starts it again. */
  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#earliest = Infinity;
    this.#calls.shrink();
  }

  #schedule(now: number): void {
    this.#tickDue = now + TICK_MS;
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    const now = performance.now();
    if (now >= this.#earliest && !this.#forgives(now)) this.#expire(now);
    if (this.#calls.size === 0) this.stop();
    else this.#schedule(now);
  }

  /** Whether replies that came while the process stood still get their turn first. */
  #forgives(now: number): boolean {
    this.#forgave = !this.#forgave && now - this.#tickDue > LATE_MS;
    return this.#forgave;
  }

  #expire(now: number): void {
    const expired = this.#calls.takeAll((call) => call.deadline <= now);
    this.#earliest = this.#calls.earliestDeadline();
    for (const call of expired) this.#onExpired(call);
  }
}
