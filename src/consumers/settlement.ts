import { type Backoff, backoffMs, type Code, type ShizukuError } from "../core/mod.ts";

/**
 * When a hook gives up on errors of one kind, as data.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook, type RetryRule } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const slow: RetryRule = { attempts: 20, backoff: { initialMs: 1_000, maxMs: 60_000 } };
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const call = defineHook(landed, { name: "call", retry: { unavailable: slow } }, () => {});
 * ```
 */
export interface RetryRule {
  /** How often a message is tried, the first time included. 1 makes the error a fatal one. */
  readonly attempts: number;
  /** How the waits grow. */
  readonly backoff: Backoff;
}

/**
 * When a hook gives up, as data.
 *
 * @example Long for what is away, never for what is not there
 * ```ts
 * import { defineEvent, defineHook, type RetryPolicy } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const policy: RetryPolicy = {
 *   attempts: 5,
 *   backoff: { initialMs: 100, maxMs: 30_000 },
 *   retry: { unavailable: { attempts: 50 }, not_found: "fatal" },
 * };
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const count = defineHook(landed, { name: "count", ...policy }, () => {});
 * ```
 */
export interface RetryPolicy extends RetryRule {
  /**
   * Rules of their own for errors with certain codes. A code that is named here is tried again even
   * if its errors are fatal as a rule; `"fatal"` makes it a dead letter at once.
   */
  readonly retry?: Readonly<Partial<Record<Code, Partial<RetryRule> | "fatal">>>;
}

/**
 * How a try ended.
 *
 * @example
 * ```ts
 * import { settlementOf } from "@shizuku/shizuku/consumers";
 *
 * const policy = { attempts: 5, backoff: { initialMs: 100, maxMs: 1_000 } };
 * console.log(settlementOf({ type: "done" }, 1, policy).action); // ack
 * console.log(settlementOf({ type: "interrupted" }, 1, policy).action); // release
 * ```
 */
export type Outcome =
  /** The processor is done. */
  | { readonly type: "done" }
  /** It failed, or the message cannot be processed at all. */
  | { readonly type: "failed"; readonly error: ShizukuError }
  /** It did not end for a reason of ours: the hook stops or pauses. */
  | { readonly type: "interrupted" }
  /** The server may have given the message to another consumer meanwhile. */
  | { readonly type: "lease_lost" };

/**
 * What is done with a message.
 *
 * @example
 * ```ts
 * import { ShizukuError } from "@shizuku/shizuku/core";
 * import { settlementOf } from "@shizuku/shizuku/consumers";
 *
 * const policy = { attempts: 5, backoff: { initialMs: 100, maxMs: 1_000 } };
 * const error = new ShizukuError("not_found", "There is no such flight");
 * const settlement = settlementOf({ type: "failed", error }, 1, policy);
 * if (settlement.action === "nak") console.log(`Again in ${settlement.delayMs} ms`);
 * else console.log(settlement.action); // dead
 * ```
 */
export type Settlement =
  /** It is acknowledged. */
  | { readonly action: "ack" }
  /** It is tried again after a wait. */
  | { readonly action: "nak"; readonly delayMs: number }
  /** It is written to the dead letters, then terminated. */
  | { readonly action: "dead" }
  /** It is given back at once, and the try does not count. */
  | { readonly action: "release" }
  /** The server hears nothing: the message is not ours any more. */
  | { readonly action: "leave" };

/**
 * Decides what an outcome does to its message: done is acknowledged, an error that may pass is tried
 * again later, and what cannot succeed becomes a dead letter.
 *
 * @param attempt Which try it was, from 1.
 * @param random From 0 to 1; for tests.
 * @example
 * ```ts
 * import { settlementOf } from "@shizuku/shizuku/consumers";
 * import { ShizukuError } from "@shizuku/shizuku/core";
 *
 * const policy = { attempts: 3, backoff: { initialMs: 100, maxMs: 1_000 } };
 * const error = new ShizukuError("unavailable", "Nobody answers");
 * console.log(settlementOf({ type: "failed", error }, 2, policy, 1)); // nak after 200 ms
 * console.log(settlementOf({ type: "failed", error }, 3, policy, 1)); // dead
 * ```
 */
export function settlementOf(
  outcome: Outcome,
  attempt: number,
  policy: RetryPolicy,
  random?: number,
): Settlement {
  switch (outcome.type) {
    case "done":
      return { action: "ack" };
    case "interrupted":
      return { action: "release" };
    case "lease_lost":
      return { action: "leave" };
    case "failed": {
      const rule = ruleOf(outcome.error, policy);
      if (rule === undefined || attempt >= rule.attempts) return { action: "dead" };
      return { action: "nak", delayMs: backoffMs(attempt, rule.backoff, random) };
    }
  }
}

/** The rule of an error, or nothing if it is fatal. */
function ruleOf(error: ShizukuError, policy: RetryPolicy): RetryRule | undefined {
  const own = policy.retry?.[error.code];
  // What cannot be decoded or routed now never can, whatever its code is retried for.
  if (error.stage === "pre" && !error.retryable) return undefined;
  if (own === "fatal" || (own === undefined && !error.retryable)) return undefined;
  return { attempts: policy.attempts, backoff: policy.backoff, ...own };
}

/**
 * The most tries that any error of a policy may have: what was delivered more often and never settled
 * has taken its process down.
 *
 * @example
 * ```ts
 * import { mostAttempts } from "@shizuku/shizuku/consumers";
 *
 * const backoff = { initialMs: 100, maxMs: 1_000 };
 * const retry = { unavailable: { attempts: 50 } };
 * console.log(mostAttempts({ attempts: 5, backoff, retry })); // 50
 * ```
 */
export function mostAttempts({ attempts, retry = {} }: RetryPolicy): number {
  const own = Object.values(retry).map((rule) => rule === "fatal" ? 0 : rule.attempts ?? 0);
  return Math.max(attempts, ...own);
}
