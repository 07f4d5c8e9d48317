/** Watches that the events of one key run one at a time, and in order. */
export class LaneWatch {
  readonly #running = new Map<string, number>();
  readonly #last = new Map<string, number>();
  readonly #returns = new Map<string, number>();
  readonly #allowedReturns: number;
  readonly #onViolation: (what: string) => void;

  /**
   * @param allowedReturns How often each key may begin anew with earlier events: a server that is
   * killed forgets what it has delivered lately, and delivers it as if for the first time.
   */
  constructor(allowedReturns: number, onViolation: (what: string) => void) {
    this.#allowedReturns = allowedReturns;
    this.#onViolation = onViolation;
  }

  /** An event begins; it ends when what is returned is disposed of. */
  enter(key: string, sequence: number, attempt: number): Disposable {
    const other = this.#running.get(key);
    if (other !== undefined) this.#onViolation(`${key}: ${sequence} while ${other} runs`);
    this.#running.set(key, sequence);
    this.#checkOrder(key, sequence, attempt);
    return { [Symbol.dispose]: () => this.#running.delete(key) };
  }

  /** What was tried before, here or by a worker that is gone, may come behind later ones. */
  #checkOrder(key: string, sequence: number, attempt: number): void {
    if (attempt > 1) return;
    const last = this.#last.get(key) ?? 0;
    if (sequence < last) {
      const returns = (this.#returns.get(key) ?? 0) + 1;
      this.#returns.set(key, returns);
      if (returns > this.#allowedReturns) this.#onViolation(`${key}: ${sequence} after ${last}`);
    }
    this.#last.set(key, sequence);
  }
}
