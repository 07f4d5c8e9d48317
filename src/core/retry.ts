import { checkAtLeast } from "./_check.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { Context } from "./context.ts";
import { delay } from "./delay.ts";
import type { AnyLayer } from "./layer.ts";
import { isPromiseLike, type Process } from "./processor.ts";
import { ShizukuError } from "./shizuku_error.ts";

/**
 * Options of {@linkcode retry}.
 *
 * @example
 * ```ts
 * import { retry } from "@shizuku/shizuku/core";
 *
 * const layer = retry({
 *   attempts: 5,
 *   backoff: { initialMs: 50, maxMs: 2_000 },
 *   when: (error) => error.code === "unavailable",
 * });
 * ```
 */
export interface RetryOptions {
  /**
   * How often an input is tried, the first time included; at least 1.
   * @default {3}
   */
  attempts?: number;
  /**
   * How the waits grow: exponentially, with full jitter, up to a ceiling.
   * @default {{ initialMs: 100, maxMs: 5_000 }}
   */
  backoff?: Backoff;
  /**
   * Which errors are worth another try.
   * @default {(error) => error.retryable}
   */
  when?: (error: ShizukuError, ctx: Context) => boolean;
}

/**
 * What a retry that gave up fails with: the last error's code and message, and all the errors.
 *
 * @example What each try failed with
 * ```ts
 * import { createContext, retry, RetryError, ShizukuError, stack } from "@shizuku/shizuku/core";
 *
 * const call = stack(
 *   () => {
 *     throw new ShizukuError("unavailable", "Nobody answers");
 *   },
 *   retry({ attempts: 2, backoff: { initialMs: 1, maxMs: 1 } }),
 * );
 * const failed = (error: unknown) => error as RetryError;
 * const { errors } = await Promise.try(() => call("", createContext())).then(failed, failed);
 * console.log(errors.length); // 2
 * ```
 */
export class RetryError extends ShizukuError {
  /** Tells it from other errors in a log. */
  override readonly name: string = "RetryError";
  /** Every error that was seen, in order: one for each try. */
  readonly errors: readonly ShizukuError[];

  /**
   * Makes the error of a retry that gives up.
   *
   * @param errors At least one.
   */
  constructor(errors: readonly ShizukuError[]) {
    const last = errors.at(-1)!;
    const message = `Gave up after ${errors.length} attempts: ${last.message}`;
    super(last.code, message, { ...last, cause: last });
    this.errors = errors;
  }
}

/**
 * Tries again, after a wait, what has failed with an error that may pass.
 *
 * Input and output pass through unchanged; `ctx.attempt` counts on from the caller's. It gives up
 * when the attempts are used up, when an error is not worth another try, when the wait would last
 * beyond the deadline, and when `ctx.signal` aborts. An error that was not tried again is passed on
 * as it is.
 *
 * @throws {RetryError} With every error that was seen, if there were several.
 * @throws {RangeError} If `attempts` is less than 1.
 * @example Three more times, while the service is away
 * ```ts
 * import { createContext, retry, ShizukuError, stack } from "@shizuku/shizuku/core";
 *
 * const call = stack(
 *   (name: string, ctx) => {
 *     if (ctx.attempt < 3) throw new ShizukuError("unavailable", "Nobody answers");
 *     return `Hello, ${name}`;
 *   },
 *   retry({
 *     attempts: 4,
 *     backoff: { initialMs: 1, maxMs: 10 },
 *     when: (error) => error.code === "unavailable",
 *   }),
 * );
 * console.log(await call("Ada", createContext())); // Hello, Ada
 * ```
 */
export function retry(options: RetryOptions = {}): AnyLayer {
  const {
    attempts = 3,
    backoff = { initialMs: 100, maxMs: 5_000 },
    when = (error) => error.retryable,
  } = options;
  checkAtLeast("attempts", attempts, 1);
  return <I, O>(next: Process<I, O>): Process<I, O> => {
    /** Goes on where the first try has failed: a call that succeeds at once never comes here. */
    const tryAgain = async (input: I, ctx: Context, thrown: unknown): Promise<O> => {
      for (const errors: ShizukuError[] = [];;) {
        const error = ShizukuError.from(thrown);
        errors.push(error);
        const waitMs = backoffMs(errors.length, backoff);
        const mayRetry = errors.length < attempts && when(error, ctx) && waitMs < ctx.remainingMs;
        if (mayRetry) await delay(waitMs, ctx.signal);
        if (!mayRetry || ctx.signal.aborted) {
          throw errors.length > 1 ? new RetryError(errors) : thrown;
        }
        try {
          return await next(input, ctx.with({ attempt: ctx.attempt + errors.length }));
        } catch (again) {
          thrown = again;
        }
      }
    };
    return (input, ctx) => {
      try {
        const result = next(input, ctx);
        if (!isPromiseLike(result)) return result;
        return result.then(undefined, (thrown) => tryAgain(input, ctx, thrown));
      } catch (thrown) {
        return tryAgain(input, ctx, thrown);
      }
    };
  };
}
