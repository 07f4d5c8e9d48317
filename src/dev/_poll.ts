import { setTimeout as sleep } from "node:timers/promises";

/** How long and how often {@linkcode poll} asks. */
export interface PollOptions {
  /** Milliseconds after which it gives up. */
  readonly timeoutMs: number;
  /** Milliseconds between two checks. */
  readonly intervalMs?: number;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
}

/** Asks until the answer is not undefined, and returns that; undefined once the time is over. */
export async function poll<T>(
  check: () => T | undefined | Promise<T | undefined>,
  { timeoutMs, intervalMs = 15, signal }: PollOptions,
): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  while (true) {
    signal?.throwIfAborted();
    const answer = await check();
    if (answer !== undefined) return answer;
    if (performance.now() >= end) return undefined;
    await sleep(intervalMs);
  }
}
