import { checkAtLeast } from "./_check.ts";
import { watch } from "./_watch.ts";
import { refusal } from "./_refusal.ts";
import type { AnyLayer } from "./layer.ts";
import { ShizukuError } from "./shizuku_error.ts";

/**
 * Options of {@linkcode limit}.
 *
 * @example At most 10 at once, 100 more wait
 * ```ts
 * import { limit } from "@shizuku/shizuku/core";
 *
 * const layer = limit({ maxConcurrent: 10, maxQueued: 100 });
 * ```
 */
export interface LimitOptions {
  /** How many calls run at once; at least 1. */
  maxConcurrent: number;
  /**
   * How many more may wait for their turn.
   * @default {1000}
   */
  maxQueued?: number;
}

/**
 * Bounds how many calls run at once. More of them wait, first come, first served; when too many wait,
 * one more is refused at once.
 *
 * Input and output pass through unchanged. A call whose `ctx.signal` aborts waits no longer. One
 * layer around several processors bounds them together.
 *
 * @throws {ShizukuError} `resource_exhausted`, stage `pre`, if too many wait.
 * @throws {RangeError} If `maxConcurrent` is less than 1 or `maxQueued` less than 0.
 * @example Two at once, and nobody waits
 * ```ts
 * import { createContext, delay, limit, ShizukuError, stack } from "@shizuku/shizuku/core";
 *
 * const work = stack((ms: number) => delay(ms), limit({ maxConcurrent: 2, maxQueued: 0 }));
 * const ctx = createContext();
 * const results = await Promise.allSettled([1, 2, 3].map(async (ms) => await work(ms, ctx)));
 * const refused = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
 * console.log(refused.map((error) => ShizukuError.from(error).code)); // [ "resource_exhausted" ]
 * ```
 */
export function limit({ maxConcurrent, maxQueued = 1_000 }: LimitOptions): AnyLayer {
  checkAtLeast("maxConcurrent", maxConcurrent, 1);
  checkAtLeast("maxQueued", maxQueued, 0);
  /** Sets keep their order, and forget one in the middle cheaply. */
  const waiting = new Set<() => void>();
  let running = 0;
  /** Gives a place back: it passes straight to the one who waits longest. */
  const leave = () => {
    const [first] = waiting;
    if (first === undefined) running--;
    else if (waiting.delete(first)) first();
  };
  const wait = async (signal: AbortSignal) => {
    let wake = () => {};
    const woken = new Promise<void>((resolve) => wake = resolve);
    waiting.add(wake);
    signal.addEventListener("abort", wake);
    if (signal.aborted) wake();
    await woken;
    signal.removeEventListener("abort", wake);
    // Who gives a place forgets whom it wakes: one that is still there was woken by the abort.
    if (waiting.delete(wake)) throw ShizukuError.from(signal.reason, "pre");
  };
  return (next) => (input, ctx) => {
    const run = () => watch(() => next(input, ctx), leave, leave);
    if (running < maxConcurrent) {
      running++;
      return run();
    }
    if (waiting.size < maxQueued) return wait(ctx.signal).then(run);
    throw refusal(
      `Cannot take the call: ${maxConcurrent} run, ${maxQueued} wait`,
      "resource_exhausted",
    );
  };
}
