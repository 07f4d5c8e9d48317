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

  /** How many keys someone has the turn of. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Takes the turn if nobody has it. */
  tryTake(key: string): boolean {
    if (this.#waiting.has(key)) return false;
    this.#waiting.set(key, new Set());
    return true;
  }

  /**
   * Waits for the turn that somebody else has.
   *
   * @throws {ShizukuError} `canceled` by the signal.
   */
  wait(key: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key)!;
      const onTurn = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        waiting.delete(onTurn);
        reject(canceled(key, signal?.reason));
      };
      waiting.add(onTurn);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Gives the turn to who waits longest. */
  pass(key: string): void {
    const waiting = this.#waiting.get(key);
    const [first] = waiting ?? [];
    if (first === undefined) return void this.#waiting.delete(key);
    waiting!.delete(first);
    first();
  }
}

/** The error of a change that its signal gives up. */
export function canceled(key: string, cause: unknown): ShizukuError {
  return new ShizukuError("canceled", `Cannot modify ${key}: canceled`, { cause });
}
