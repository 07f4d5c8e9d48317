/**
 * Runs jobs, a bounded number at once; jobs of one key in order, one at a time.
 */
export class Lanes {
  readonly #limit: number;
  readonly #tails = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param limit How many jobs run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Runs a job when its turn has come.
   *
   * @param job Must not reject.
   */
  run(key: string | undefined, job: () => Promise<void>): Promise<void> {
    if (key === undefined) return this.#runLimited(job);
    const before = this.#tails.get(key);
    const done = before === undefined
      ? this.#runLimited(job)
      : before.then(() => this.#runLimited(job));
    this.#tails.set(key, done);
    return done.then(() => {
      if (this.#tails.get(key) === done) this.#tails.delete(key);
    });
  }

  async #runLimited(job: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#limit) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      await job();
    } finally {
      // The place passes straight to the one who waits longest.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
