import type { Process } from "./processor.ts";

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

/** A layer that fits every processor with this input, and changes the input type only. */
export type InputLayer<I, OuterI = I> = <O>(next: Process<I, O>) => Process<OuterI, O>;

/** A layer that fits every processor with this output, and changes the output type only. */
export type OutputLayer<O, OuterO = O> = <I>(next: Process<I, O>) => Process<I, OuterO>;

/** A layer that fits every processor and may answer with something else in its place. */
export interface FallbackLayer<Alternative> {
  /** Wraps a processor. */
  <I, O>(next: Process<I, O>): Process<I, O | Alternative>;
  /** Never set: carries the type. */
  readonly alternativeType?: readonly [Alternative];
}

/**
 * The types `[input, output]` of a processor with one layer around it.
 *
 * A layer of type `never` is one whose own type could not be told from that of the processor.
 */
export type Wrapped<L, I, O> = [L] extends [never] ? [I, O]
  : L extends AnyLayer ? [I, O]
  : L extends { readonly alternativeType?: readonly [infer Alternative] } ? [I, O | Alternative]
  : L extends <T>(next: Process<I, T>) => Process<infer OuterI, T> ? [OuterI, O]
  : L extends <T>(next: Process<T, O>) => Process<T, infer OuterO> ? [I, OuterO]
  : L extends Layer<I, O, infer OuterI, infer OuterO> ? [OuterI, OuterO]
  : [never, unknown];

/** The types `[input, output]` of a processor with layers around it, the last one the innermost. */
export type Folded<Layers extends readonly unknown[], I, O> = Layers extends
  readonly [...infer Outer, infer Inner]
  ? Wrapped<Inner, I, O> extends [infer OuterI, infer OuterO] ? Folded<Outer, OuterI, OuterO>
  : never
  : [I, O];

/** A processor with layers around it, the last one the innermost. */
export type Stacked<Layers extends readonly unknown[], I, O> = Process<
  Folded<Layers, I, O> extends [infer OuterI, unknown] ? OuterI : I,
  Folded<Layers, I, O> extends [unknown, infer OuterO] ? OuterO : O
>;

/**
 * Where one layer is given to `stack()`: it must fit the processor with the layers `Inside` around
 * it. While its type is not known yet it is expected to pass input and output through, and so the
 * parameters of functions written in that place get their types; while the processor's output is not
 * known yet (`unknown`), every layer fits.
 */
export type LayerSlot<L, Inside extends readonly unknown[], I, O> =
  | L & ([unknown] extends [O] ? unknown : LayerAround<Folded<Inside, I, O>>)
  | ([L] extends [never] ? Layer<I, O> : never);

/** Any layer that fits a processor of these types. */
export type LayerAround<Types> = Types extends [infer I, infer O] ? Layer<I, O, never, unknown>
  : never;
