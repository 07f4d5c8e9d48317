import { ShizukuError } from "../core/mod.ts";

/**
 * Lets those who want to change the same key take turns, first come, first served.
 *
 * A courtesy within one process, which saves them from losing to each other. What is at stake is
 * kept safe by compare-and-set, so that a turn may as well end early.
 */
export class Turns {
  /** Keys that someone has the turn of, and who waits for it. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /**
   * Takes the turn at once if nobody has it, or gives a promise of it.
   *
   * @throws {ShizukuError} `canceled` by the signal.
   */
  take(key: string, signal: AbortSignal | undefined): Promise<void> | undefined {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return void this.#waiting.set(key, new Set());
    return new Promise((resolve, reject) => {
      const onTurn = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        waiting.delete(onTurn);
        reject(canceled(key, signal));
      };
      waiting.add(onTurn);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Gives the turn to who waits longest. */
  pass(key: string): void {
    const waiting = this.#waiting.get(key);
    for (const first of waiting ?? []) {
      waiting!.delete(first);
      return first();
    }
    this.#waiting.delete(key);
  }
}

/** The error of a change that its signal gives up. */
export function canceled(key: string, signal: AbortSignal | undefined): ShizukuError {
  return new ShizukuError("canceled", `Cannot modify ${key}: canceled`, { cause: signal?.reason });
}
