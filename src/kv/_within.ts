import { ShizukuError } from "../core/mod.ts";

/** How long to wait for something. */
export interface Limits {
  /** What is waited for, to begin the message with: `Cannot acquire lock "orders.7"`. */
  action: string;
  /** Milliseconds. */
  timeoutMs: number;
  /** How many of them are over. @default {0} */
  spentMs?: number;
  /** Ends the wait. */
  signal: AbortSignal | undefined;
}

/**
 * Waits no longer than allowed. What becomes of the promise afterwards is of no interest.
 *
 * @param start Gives the promise; not called if the signal has aborted.
 * @throws {ShizukuError} `deadline_exceeded` when the time is over, `canceled` by the signal.
 */
export async function within<T>(
  start: () => Promise<T>,
  { action, timeoutMs, spentMs = 0, signal }: Limits,
): Promise<T> {
  if (signal?.aborted) throw abortError(action, signal.reason);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort = () => {};
  const over = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortError(action, signal?.reason));
    signal?.addEventListener("abort", onAbort);
    if (timeoutMs === Infinity) return;
    const error = new ShizukuError("deadline_exceeded", `${action} within ${timeoutMs} ms`);
    timer = setTimeout(() => reject(error), timeoutMs - spentMs);
  });
  try {
    return await Promise.race([start(), over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function abortError(action: string, reason: unknown): ShizukuError {
  const isDeadline = ShizukuError.from(reason).code === "deadline_exceeded";
  const [code, text] = isDeadline
    ? ["deadline_exceeded", "the time is over"] as const
    : ["canceled", "canceled"] as const;
  return new ShizukuError(code, `${action}: ${text}`, { cause: reason });
}
