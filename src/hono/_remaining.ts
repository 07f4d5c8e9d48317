import type { RpcSettings } from "./_check_settings.ts";

/**
 * What is left of the caller's time, in milliseconds. Reading the message took some of it; where the
 * caller does not say how long it waits, the time begins when the message has been read.
 *
 * @param timeoutMs How long the caller waits, if it says so.
 * @param startedAt When it said so, on the clock of `performance.now()`.
 */
export function remainingMs(
  timeoutMs: number | undefined,
  { defaultTimeoutMs, maxTimeoutMs }: RpcSettings,
  startedAt: number,
): number {
  if (timeoutMs === undefined) return Math.min(defaultTimeoutMs, maxTimeoutMs);
  return Math.ceil(Math.min(timeoutMs, maxTimeoutMs) - (performance.now() - startedAt));
}
