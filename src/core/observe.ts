import { watch } from "./_watch.ts";
import type { Context } from "./context.ts";
import type { AnyLayer, Layer } from "./layer.ts";
import type { Process } from "./processor.ts";

/**
 * What is told of each call. What an observer throws is logged, and changes nothing.
 *
 * @example
 * ```ts
 * import { createContext, observe, stack } from "@shizuku/shizuku/core";
 *
 * const durations: number[] = [];
 * const watched = stack(
 *   (n: number) => n * 2,
 *   observe({
 *     end: (_, __, durationMs) => durations.push(durationMs),
 *     error: (thrown, ctx) => ctx.logger.error("Failed: {thrown}", { thrown }),
 *   }),
 * );
 * await watched(21, createContext());
 * ```
 */
export interface Observer<I, O> {
  /** A call begins. */
  readonly start?: (input: I, ctx: Context) => void;
  /** A call has succeeded, after so many milliseconds. */
  readonly end?: (output: O, ctx: Context, durationMs: number) => void;
  /** A call has failed, after so many milliseconds. */
  readonly error?: (thrown: unknown, ctx: Context, durationMs: number) => void;
}

/**
 * A layer with the types of the processor, and one that fits every processor if they are unknown.
 *
 * @example One layer for every processor, since it looks at no value
 * ```ts
 * import { observe, type ObserveLayer, stack } from "@shizuku/shizuku/core";
 *
 * const calls: ObserveLayer<unknown, unknown> = observe({
 *   start: (_, ctx) => console.log(ctx.subject),
 * });
 * const double = stack((n: number) => n * 2, calls);
 * const upper = stack((name: string) => name.toUpperCase(), calls);
 * ```
 */
export type ObserveLayer<I, O> = [unknown, unknown] extends [I, O] ? AnyLayer : Layer<I, O>;

/**
 * Tells of the start, the end and the error of each call.
 *
 * Input, output and errors pass through unchanged, and at once.
 *
 * @example
 * ```ts
 * import { createContext, observe, stack } from "@shizuku/shizuku/core";
 *
 * const double = stack(
 *   (n: number) => n * 2,
 *   observe({ start: (n) => console.log("in", n), end: (n) => console.log("out", n) }),
 * );
 * await double(21, createContext()); // in 21, out 42
 * ```
 */
export function observe<I, O>(observer: Observer<I, O>): ObserveLayer<I, O> {
  const { start, end, error } = observer;
  const layer: Layer<I, O> = (next: Process<I, O>) => (input, ctx) => {
    const started = performance.now();
    const tell = <T>(what: Tell<T> | undefined, value: T) => {
      try {
        what?.(value, ctx, performance.now() - started);
      } catch (thrown) {
        ctx.logger.warn("Observer failed: {error}", { error: thrown });
      }
    };
    tell(start, input);
    return watch(
      () => next(input, ctx),
      (output) => tell(end, output),
      (thrown) => tell(error, thrown),
    );
  };
  // Without types to go by, nothing of the input or output is looked at: it fits every processor.
  return layer as ObserveLayer<I, O>;
}

type Tell<T> = (value: T, ctx: Context, durationMs: number) => void;
