import type { Code } from "./code.ts";
import type { FallbackLayer } from "./layer.ts";
import type { Process } from "./processor.ts";
import { ShizukuError } from "./shizuku_error.ts";

/**
 * A policy of `cockatiel`, or anything else that runs a function in its own way.
 *
 * @example One of your own: twice
 * ```ts
 * import { createContext, type Policy, policy, stack } from "@shizuku/shizuku/core";
 *
 * const twice: Policy = {
 *   execute: async (run, signal = new AbortController().signal) => {
 *     try {
 *       return await run({ signal });
 *     } catch {
 *       return await run({ signal });
 *     }
 *   },
 * };
 * console.log(await stack((n: number) => n * 2, policy(twice))(21, createContext())); // 42
 * ```
 */
export interface Policy<Alternative = never> {
  /** Runs a function; may do so again, later or not at all. */
  execute<T>(
    run: (context: { readonly signal: AbortSignal }) => PromiseLike<T> | T,
    signal?: AbortSignal,
  ): Promise<T | Alternative>;
  /** Never set: carries the type of what a fallback answers, where cockatiel keeps it. */
  readonly _altReturn?: Alternative;
}

/**
 * Runs a processor under a policy of `cockatiel`: circuit breaker, bulkhead, fallback.
 *
 * Input and output pass through unchanged; a fallback's value adds its type to the output. The
 * policy's signal is `ctx.signal` of the processor. Nothing of cockatiel is imported: any object with
 * its `execute()` is accepted.
 *
 * @param policy Made by `circuitBreaker()`, `bulkhead()`, `fallback()` or `wrap()`.
 * @throws {ShizukuError} `unavailable` from a circuit that is open, `resource_exhausted` from a
 * bulkhead that is full, `deadline_exceeded` from a timeout; all else as it was thrown.
 * @example
 * ```ts
 * import { createContext, policy, stack } from "@shizuku/shizuku/core";
 * import { circuitBreaker, ConsecutiveBreaker, handleAll } from "cockatiel";
 *
 * const breaker = circuitBreaker(handleAll, {
 *   halfOpenAfter: 10_000,
 *   breaker: new ConsecutiveBreaker(5),
 * });
 * const double = stack((n: number) => n * 2, policy(breaker));
 * console.log(await double(21, createContext())); // 42
 * ```
 * @see https://github.com/connor4312/cockatiel
 */
export function policy<Alternative = never>(
  policy: Policy<Alternative>,
): FallbackLayer<Alternative> {
  return <I, O>(next: Process<I, O>): Process<I, O | Alternative> => async (input, ctx) => {
    try {
      return await policy.execute(
        ({ signal }) => next(input, ctx.with({ signal })),
        ctx.signal,
      );
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code === undefined || ctx.signal.aborted) throw thrown;
      throw new ShizukuError(code, (thrown as Error).message, { stage: "pre", cause: thrown });
    }
  };
}

/** The code of a policy's own refusal, recognised as cockatiel itself does it. */
function codeOf(thrown: unknown): Code | undefined {
  const error = (thrown ?? {}) as Readonly<Record<string, unknown>>;
  if (error.isBrokenCircuitError) return "unavailable";
  if (error.isBulkheadRejectedError) return "resource_exhausted";
  if (error.isTaskCancelledError) return "deadline_exceeded";
}
