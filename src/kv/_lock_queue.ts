import { backoffMs, delay, ShizukuError } from "../core/mod.ts";
import type { LockOperation } from "./lock_state.ts";

/** What a queue needs. */
export interface LockQueueInit {
  /** Applies operations, in one write. */
  write(operations: readonly LockOperation[]): Promise<void>;
  /** Whether there is no use in trying again. */
  isClosed(): boolean;
  /** Hears that nothing is left. */
  onIdle(): void;
}

interface Submission {
  readonly operations: readonly LockOperation[];
  /** Until when to try again while NATS is out of reach, on the clock of `performance.now()`. */
  readonly until: number;
  /** Hears that it has to be tried again. */
  readonly onDelay: (() => void) | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

const BACKOFF = { initialMs: 20, maxMs: 500 };

/** Operations of one process on one lock, of which all that wait go into one write. */
export class LockQueue {
  readonly #init: LockQueueInit;
  #submissions: Submission[] = [];
  #isBusy = false;
  /** Until when anything is tried again, on the clock of `performance.now()`. */
  #end = Infinity;

  constructor(init: LockQueueInit) {
    this.#init = init;
  }

  /** Whether something is being written. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** From now on nothing is tried again for longer than this. */
  endIn(ms: number): void {
    this.#end = Math.min(this.#end, performance.now() + ms);
  }

  /** Adds operations; resolves when they are written. */
  submit(
    operations: readonly LockOperation[],
    patienceMs: number,
    onDelay?: () => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const until = performance.now() + patienceMs;
      this.#submissions.push({ operations, until, onDelay, resolve, reject });
      if (this.#isBusy) return;
      this.#isBusy = true;
      // What else is submitted in this turn comes along. It never rejects.
      void Promise.resolve().then(() => this.#writeAll());
    });
  }

  async #writeAll(): Promise<void> {
    let failures = 0;
    while (this.#submissions.length > 0) {
      const batch = this.#submissions;
      this.#submissions = [];
      try {
        await this.#init.write(batch.flatMap(({ operations }) => operations));
        failures = 0;
        for (const { resolve } of batch) resolve();
      } catch (error) {
        if (this.#keep(batch, error)) await delay(backoffMs(++failures, BACKOFF));
      }
    }
    this.#isBusy = false;
    this.#init.onIdle();
  }

  /** Keeps those of a batch that have the patience, and tells the others. */
  #keep(batch: readonly Submission[], error: unknown): boolean {
    const { code } = ShizukuError.from(error);
    const at = performance.now();
    const isPassing = (code === "unavailable" || code === "deadline_exceeded") &&
      at < this.#end && !this.#init.isClosed();
    const patient = batch.filter(({ until }) => isPassing && until > at);
    for (const submission of batch) {
      if (patient.includes(submission)) submission.onDelay?.();
      else submission.reject(error);
    }
    this.#submissions.unshift(...patient);
    return patient.length > 0;
  }
}
