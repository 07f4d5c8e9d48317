import { type Process, type Processor, toProcess } from "./processor.ts";

/**
 * Wraps a processor to add one cross-cutting concern.
 *
 * A layer is called once, when things are wired; the function that it returns is called once for
 * each input. Without type arguments after the second, input and output pass through unchanged.
 *
 * @typeParam I Input of the wrapped processor.
 * @typeParam O Output of the wrapped processor.
 * @typeParam OuterI Input of the result.
 * @typeParam OuterO Output of the result.
 */
export type Layer<I, O, OuterI = I, OuterO = O> = (next: Process<I, O>) => Process<OuterI, OuterO>;

/** A layer that fits every processor and changes neither its input nor its output type. */
export type AnyLayer = <I, O>(next: Process<I, O>) => Process<I, O>;

/**
 * Puts layers around a processor. The first layer named is the outermost.
 *
 * The layers are folded here, once: a call of the result costs one function call a layer.
 *
 * @param processor The innermost processor.
 * @param layers From the outermost to the innermost.
 * @returns The processor's function form, with the layers around it.
 * @example The order of layers
 * ```ts
 * import { createContext, type AnyLayer, stack } from "@shizuku/shizuku/core";
 *
 * const say = (word: string): AnyLayer => (next) => (input, ctx) => {
 *   console.log(word);
 *   return next(input, ctx);
 * };
 * const double = stack((n: number) => n * 2, say("outer"), say("inner"));
 * console.log(await double(21, createContext())); // outer, inner, 42
 * ```
 */
export function stack<I, O>(
  processor: Processor<I, O>,
  ...layers: readonly Layer<I, O>[]
): Process<I, O>;
/** One layer that changes the types. */
export function stack<I, O, I1, O1>(
  processor: Processor<I, O>,
  layer: Layer<I, O, I1, O1>,
): Process<I1, O1>;
/** Two layers, of which either changes the types. */
export function stack<I, O, I1, O1, I2, O2>(
  processor: Processor<I, O>,
  outer: Layer<I1, O1, I2, O2>,
  inner: Layer<I, O, I1, O1>,
): Process<I2, O2>;
export function stack(
  processor: Processor<unknown, unknown>,
  ...layers: readonly Layer<unknown, unknown>[]
): Process<unknown, unknown> {
  return layers.reduceRight((next, layer) => layer(next), toProcess(processor));
}
