import { checkAtLeast } from "./_check.ts";
import { watch } from "./_watch.ts";
import { ExpiryQueue } from "./_timers.ts";
import { CallSignal } from "./call_signal.ts";
import type { AnyLayer } from "./layer.ts";
import { isPromiseLike } from "./processor.ts";
import { ShizukuError } from "./shizuku_error.ts";

/**
 * Ends a call that takes too long.
 *
 * Input and output pass through unchanged. At the end of the time `ctx.signal` aborts, and the call
 * rejects whether the processor listens or not. `ctx.deadline` is the earlier one of its own and the
 * caller's. All calls of one layer
 * share one timer, which is gone a moment after the last of them.
 *
 * @param timeoutMs Milliseconds, at least 1.
 * @throws {ShizukuError} `deadline_exceeded`.
 * @throws {RangeError} If `timeoutMs` is less than 1.
 * @example
 * ```ts
 * import { createContext, delay, ShizukuError, stack, timeout } from "@shizuku/shizuku/core";
 *
 * const slow = stack((_: null, ctx) => delay(60_000, ctx.signal), timeout(5));
 * try {
 *   await slow(null, createContext());
 * } catch (error) {
 *   console.log(ShizukuError.from(error).code); // deadline_exceeded
 * }
 * ```
 */
export function timeout(timeoutMs: number): AnyLayer {
  checkAtLeast("timeoutMs", timeoutMs, 1);
  const running = new ExpiryQueue();
  return (next) => (input, ctx) => {
    const at = performance.now() + timeoutMs;
    const signal = new CallSignal(undefined, ctx);
    let giveUp: ((error: ShizukuError) => void) | undefined;
    const expiry = {
      at,
      expire() {
        const error = new ShizukuError(
          "deadline_exceeded",
          `The call took more than ${timeoutMs} ms`,
        );
        signal.abort(error);
        giveUp?.(error);
      },
    };
    const finish = () => {
      running.entries.delete(expiry);
      signal[Symbol.dispose]();
    };
    running.add(expiry);
    const result = watch(() => next(input, ctx.with({ deadline: at, signal })), finish, finish);
    if (!isPromiseLike(result)) return result;
    return new Promise((resolve, reject) => {
      giveUp = reject;
      result.then(resolve, reject);
    });
  };
}
