import { MAX_TIMER_MS } from "./_timers.ts";

/**
 * Waits; an abort ends the wait early, without an error.
 *
 * @param ms Milliseconds.
 * @example
 * ```ts
 * import { delay } from "@shizuku/shizuku/core";
 *
 * await delay(60_000, AbortSignal.timeout(5)); // 5 ms later
 * ```
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, MAX_TIMER_MS));
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
