import { type Backoff, backoffMs, type ShizukuError } from "../core/mod.ts";

/** When a hook gives up, as data. */
export interface RetryPolicy {
  /** How often a message is tried, the first time included. */
  readonly attempts: number;
  /** How the waits grow. */
  readonly backoff: Backoff;
}

/** What is done with a message. */
export type Settlement =
  | { readonly action: "ack" }
  | { readonly action: "nak"; readonly delayMs: number }
  | { readonly action: "dead" };

/**
 * Decides what an outcome does to its message: done is acknowledged, an error that may pass is tried
 * again later, and what cannot succeed becomes a dead letter.
 *
 * @param error What the hook failed with, or `undefined` if it did not.
 * @param attempt Which try it was, from 1.
 * @param random From 0 to 1; for tests.
 */
export function settlementOf(
  error: ShizukuError | undefined,
  attempt: number,
  policy: RetryPolicy,
  random?: number,
): Settlement {
  if (error === undefined) return { action: "ack" };
  if (!error.retryable || attempt >= policy.attempts) return { action: "dead" };
  return { action: "nak", delayMs: backoffMs(attempt, policy.backoff, random) };
}
