import { ShizukuError } from "../core/mod.ts";

/** Counts what runs, and refuses one more than may. */
export class Gate {
  readonly #what: string;
  readonly #max: number;
  #running = 0;

  /**
   * @param what For the message: the service, or the method.
   * @param max How many may run at once.
   * @throws {RangeError} If `max` is less than 1.
   */
  constructor(what: string, max: number) {
    if (!(max >= 1)) {
      throw new RangeError(
        `Cannot serve ${what} as maxConcurrent must be >= 1: current value is ${max}`,
      );
    }
    this.#what = what;
    this.#max = max;
  }

  /** @throws {ShizukuError} `resource_exhausted` if as many run as may. */
  enter(): void {
    if (this.#running >= this.#max) {
      throw new ShizukuError(
        "resource_exhausted",
        `Cannot take the call: ${this.#max} calls of ${this.#what} are running`,
        { stage: "pre" },
      );
    }
    this.#running++;
  }

  /** Makes room for another. */
  leave(): void {
    this.#running--;
  }
}
