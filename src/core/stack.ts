import type { Layer, LayerSlot, Stacked } from "./layer.ts";
import { type Process, type Processor, toProcess } from "./processor.ts";

/**
 * Puts layers around a processor. The first layer named is the outermost, so layers run in the
 * order in which they are read, and the processor runs last.
 *
 * The layers are folded here, once: a call of the result costs one function call a layer. A layer
 * that changes input or output type is followed by the compiler. What a function inside of a layer's
 * arguments is given has the types of the processor; outside of a layer that changes them, write the
 * parameter's type.
 *
 * @param processor The innermost processor.
 * @param layers From the outermost to the innermost.
 * @returns The processor's function form, with the layers around it.
 * @throws {TypeError} If the processor is none.
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
export function stack<I, O, L1 = never>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1], I, O>;
/** Two layers, of which each may change the types. */
export function stack<I, O, L1 = never, L2 = never>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [L2], NoInfer<I>, NoInfer<O>>,
  layer2: LayerSlot<L2, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1, L2], I, O>;
/** Three layers, of which each may change the types. */
export function stack<I, O, L1 = never, L2 = never, L3 = never>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [L2, L3], NoInfer<I>, NoInfer<O>>,
  layer2: LayerSlot<L2, [L3], NoInfer<I>, NoInfer<O>>,
  layer3: LayerSlot<L3, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1, L2, L3], I, O>;
/** Four layers, of which each may change the types. */
export function stack<I, O, L1 = never, L2 = never, L3 = never, L4 = never>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [L2, L3, L4], NoInfer<I>, NoInfer<O>>,
  layer2: LayerSlot<L2, [L3, L4], NoInfer<I>, NoInfer<O>>,
  layer3: LayerSlot<L3, [L4], NoInfer<I>, NoInfer<O>>,
  layer4: LayerSlot<L4, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1, L2, L3, L4], I, O>;
/** Five layers, of which each may change the types. */
export function stack<
  I,
  O,
  L1 = never,
  L2 = never,
  L3 = never,
  L4 = never,
  L5 = never,
>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [L2, L3, L4, L5], NoInfer<I>, NoInfer<O>>,
  layer2: LayerSlot<L2, [L3, L4, L5], NoInfer<I>, NoInfer<O>>,
  layer3: LayerSlot<L3, [L4, L5], NoInfer<I>, NoInfer<O>>,
  layer4: LayerSlot<L4, [L5], NoInfer<I>, NoInfer<O>>,
  layer5: LayerSlot<L5, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1, L2, L3, L4, L5], I, O>;
/** Six layers, of which each may change the types. */
export function stack<
  I,
  O,
  L1 = never,
  L2 = never,
  L3 = never,
  L4 = never,
  L5 = never,
  L6 = never,
>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [L2, L3, L4, L5, L6], NoInfer<I>, NoInfer<O>>,
  layer2: LayerSlot<L2, [L3, L4, L5, L6], NoInfer<I>, NoInfer<O>>,
  layer3: LayerSlot<L3, [L4, L5, L6], NoInfer<I>, NoInfer<O>>,
  layer4: LayerSlot<L4, [L5, L6], NoInfer<I>, NoInfer<O>>,
  layer5: LayerSlot<L5, [L6], NoInfer<I>, NoInfer<O>>,
  layer6: LayerSlot<L6, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1, L2, L3, L4, L5, L6], I, O>;
/** Seven layers, of which each may change the types. */
export function stack<
  I,
  O,
  L1 = never,
  L2 = never,
  L3 = never,
  L4 = never,
  L5 = never,
  L6 = never,
  L7 = never,
>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [L2, L3, L4, L5, L6, L7], NoInfer<I>, NoInfer<O>>,
  layer2: LayerSlot<L2, [L3, L4, L5, L6, L7], NoInfer<I>, NoInfer<O>>,
  layer3: LayerSlot<L3, [L4, L5, L6, L7], NoInfer<I>, NoInfer<O>>,
  layer4: LayerSlot<L4, [L5, L6, L7], NoInfer<I>, NoInfer<O>>,
  layer5: LayerSlot<L5, [L6, L7], NoInfer<I>, NoInfer<O>>,
  layer6: LayerSlot<L6, [L7], NoInfer<I>, NoInfer<O>>,
  layer7: LayerSlot<L7, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1, L2, L3, L4, L5, L6, L7], I, O>;
/** Eight layers, of which each may change the types. */
export function stack<
  I,
  O,
  L1 = never,
  L2 = never,
  L3 = never,
  L4 = never,
  L5 = never,
  L6 = never,
  L7 = never,
  L8 = never,
>(
  processor: Processor<I, O>,
  layer1: LayerSlot<L1, [L2, L3, L4, L5, L6, L7, L8], NoInfer<I>, NoInfer<O>>,
  layer2: LayerSlot<L2, [L3, L4, L5, L6, L7, L8], NoInfer<I>, NoInfer<O>>,
  layer3: LayerSlot<L3, [L4, L5, L6, L7, L8], NoInfer<I>, NoInfer<O>>,
  layer4: LayerSlot<L4, [L5, L6, L7, L8], NoInfer<I>, NoInfer<O>>,
  layer5: LayerSlot<L5, [L6, L7, L8], NoInfer<I>, NoInfer<O>>,
  layer6: LayerSlot<L6, [L7, L8], NoInfer<I>, NoInfer<O>>,
  layer7: LayerSlot<L7, [L8], NoInfer<I>, NoInfer<O>>,
  layer8: LayerSlot<L8, [], NoInfer<I>, NoInfer<O>>,
): Stacked<[L1, L2, L3, L4, L5, L6, L7, L8], I, O>;
/** Any number of layers that keep the types. */
export function stack<I, O>(
  processor: Processor<I, O>,
  ...layers: readonly Layer<I, O>[]
): Process<I, O>;
export function stack(
  processor: Processor<unknown, unknown>,
  ...layers: readonly Layer<unknown, unknown>[]
): Process<unknown, unknown> {
  // From the last to the first: the innermost layer wraps the processor, the outermost all others.
  return layers.reduceRight((next, layer) => layer(next), toProcess(processor));
}
