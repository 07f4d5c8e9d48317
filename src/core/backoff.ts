/**
 * How the waits between tries grow.
 *
 * @example Wait up to 50 ms, then 100 ms, at most a second
 * ```ts
 * import { retry } from "@shizuku/shizuku/core";
 *
 * const layer = retry({ attempts: 6, backoff: { initialMs: 50, maxMs: 1_000 } });
 * ```
 */
export interface Backoff {
  /** Greatest wait after the first try, in milliseconds. */
  readonly initialMs: number;
  /** Greatest wait at all, in milliseconds. */
  readonly maxMs: number;
}

/**
 * How long to wait after a try: exponential, with full jitter.
 *
 * @param attempt Which try has failed, from 1.
 * @param random From 0 to 1; for tests.
 * @returns Milliseconds, at least 1.
 * @example The third try of a policy, without chance
 * ```ts
 * import { backoffMs } from "@shizuku/shizuku/core";
 *
 * console.log(backoffMs(3, { initialMs: 100, maxMs: 5_000 }, 1)); // 400
 * ```
 * @see "Exponential Backoff And Jitter", AWS Architecture Blog
 */
export function backoffMs(
  attempt: number,
  { initialMs, maxMs }: Backoff,
  random: number = Math.random(),
): number {
  const ceiling = Math.min(maxMs, initialMs * 2 ** (attempt - 1));
  return Math.max(1, Math.ceil(ceiling * random));
}
