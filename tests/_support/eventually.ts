/** How long and how often `eventually` tries. */
export interface EventuallyOptions {
  /**
   * Milliseconds after which it gives up.
   * @default {30_000}
   */
  timeoutMs?: number;
  /**
   * Milliseconds between two tries.
   * @default {20}
   */
  intervalMs?: number;
  /**
   * So often it tries, even if the machine stalls and the time is over.
   * @default {1}
   */
  minTries?: number;
}

/**
 * Tries an assertion until it holds.
 *
 * @param attempt The assertion; what it returns is passed on.
 * @throws {Error} If it never held; the message says for how long, the cause is its last error.
 * @example Wait for an effect over the network
 * ```ts ignore
 * await eventually(() => assert.equal(received.length, 3));
 * ```
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeoutMs = 30_000, intervalMs = 20, minTries = 1 }: EventuallyOptions = {},
): Promise<T> {
  const startedAt = performance.now();
  for (let tries = 1;; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const waitedMs = Math.round(performance.now() - startedAt);
      if (waitedMs >= timeoutMs && tries >= minTries) {
        throw new Error(describe(error, tries, waitedMs), { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

function describe(error: unknown, tries: number, waitedMs: number): string {
  const message = error instanceof Error ? error.message : String(error);
  return `Still not after ${tries} tries in ${waitedMs} ms: ${message}`;
}
