import type { RpcSettings } from "./_check_settings.ts";
import type { ConnectRequest } from "./_connect_request.ts";

/** What is left of the caller's time, in milliseconds: reading the message took some of it. */
export function remainingMs(
  { timeoutMs }: ConnectRequest,
  { defaultTimeoutMs, maxTimeoutMs }: RpcSettings,
  startedAt: number,
): number {
  const allowedMs = Math.min(timeoutMs ?? defaultTimeoutMs, maxTimeoutMs);
  return Math.ceil(allowedMs - (performance.now() - startedAt));
}
