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
 * @example Take JSON in place of a value
 * ```ts
 * import { createContext, type Layer, stack } from "@shizuku/shizuku/core";
 *
 * const parsed: Layer<{ id: string }, string, string> = (next) => (line, ctx) =>
 *   next(JSON.parse(line), ctx);
 * const idOf = stack((ticket: { id: string }) => ticket.id, parsed);
 * console.log(await idOf(`{"id":"7"}`, createContext())); // 7
 * ```
 */
export type Layer<I, O, OuterI = I, OuterO = O> = (next: Process<I, O>) => Process<OuterI, OuterO>;

/**
 * A layer that fits every processor and changes neither its input nor its output type.
 *
 * @example
 * ```ts
 * import { type AnyLayer, createContext, stack } from "@shizuku/shizuku/core";
 *
 * const logged: AnyLayer = (next) => (input, ctx) => {
 *   ctx.logger.info("Called on {subject}", { subject: ctx.subject });
 *   return next(input, ctx);
 * };
 * console.log(await stack((n: number) => n * 2, logged)(21, createContext())); // 42
 * ```
 */
export type AnyLayer = <I, O>(next: Process<I, O>) => Process<I, O>;

/**
 * A layer that fits every processor with this input, and changes the input type only.
 *
 * @example
 * ```ts
 * import { createContext, type InputLayer, stack } from "@shizuku/shizuku/core";
 *
 * const trimmed: InputLayer<string> = (next) => (line, ctx) => next(line.trim(), ctx);
 * const lengthOf = stack((line: string) => line.length, trimmed);
 * console.log(await lengthOf("  four  ", createContext())); // 4
 * ```
 */
export type InputLayer<I, OuterI = I> = <O>(next: Process<I, O>) => Process<OuterI, O>;

/**
 * A layer that fits every processor with this output, and changes the output type only.
 *
 * @example
 * ```ts
 * import { createContext, type OutputLayer, stack } from "@shizuku/shizuku/core";
 *
 * const shown: OutputLayer<number, string> = (next) => async (input, ctx) =>
 *   `${await next(input, ctx)} €`;
 * const price = stack((count: number) => count * 5, shown);
 * console.log(await price(2, createContext())); // 10 €
 * ```
 */
export type OutputLayer<O, OuterO = O> = <I>(next: Process<I, O>) => Process<I, OuterO>;

/**
 * A layer that fits every processor and may answer with something else in its place.
 *
 * @example Answer with nothing in place of an error
 * ```ts
 * import { createContext, type FallbackLayer, stack } from "@shizuku/shizuku/core";
 *
 * const orNothing: FallbackLayer<undefined> = (next) => async (input, ctx) => {
 *   try {
 *     return await next(input, ctx);
 *   } catch {
 *     return undefined;
 *   }
 * };
 * const parse = stack((line: string) => JSON.parse(line) as number, orNothing);
 * console.log(await parse("{", createContext())); // undefined
 * ```
 */
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
 *
 * @example
 * ```ts
 * import type { Layer, Wrapped } from "@shizuku/shizuku/core";
 *
 * const parsed: Layer<number, string, string> = (next) => (line, ctx) => next(Number(line), ctx);
 * const types: Wrapped<typeof parsed, number, string> = ["an input", "an output"];
 * ```
 */
export type Wrapped<L, I, O> = [L] extends [never] ? [I, O]
  : L extends AnyLayer ? [I, O]
  : L extends { readonly alternativeType?: readonly [infer Alternative] } ? [I, O | Alternative]
  : L extends <T>(next: Process<I, T>) => Process<infer OuterI, T> ? [OuterI, O]
  : L extends <T>(next: Process<T, O>) => Process<T, infer OuterO> ? [I, OuterO]
  : L extends Layer<I, O, infer OuterI, infer OuterO> ? [OuterI, OuterO]
  : [never, unknown];

/**
 * The types `[input, output]` of a processor with layers around it, the last one the innermost.
 *
 * @example
 * ```ts
 * import type { AnyLayer, Folded, Layer } from "@shizuku/shizuku/core";
 *
 * type Parsed = Layer<number, string, string>;
 * const types: Folded<[AnyLayer, Parsed], number, string> = ["an input", "an output"];
 * ```
 */
export type Folded<Layers extends readonly unknown[], I, O> = Layers extends
  readonly [...infer Outer, infer Inner]
  ? Wrapped<Inner, I, O> extends [infer OuterI, infer OuterO] ? Folded<Outer, OuterI, OuterO>
  : never
  : [I, O];

/**
 * A processor with layers around it, the last one the innermost.
 *
 * @example What `stack()` returns
 * ```ts
 * import {
 *   type AnyLayer,
 *   createContext,
 *   stack,
 *   type Stacked,
 *   timeout,
 * } from "@shizuku/shizuku/core";
 *
 * const half: Stacked<[AnyLayer], number, number> = stack(
 *   (n: number) => n / 2,
 *   timeout(500),
 * );
 * console.log(await half(84, createContext())); // 42
 * ```
 */
export type Stacked<Layers extends readonly unknown[], I, O> = Process<
  Folded<Layers, I, O> extends [infer OuterI, unknown] ? OuterI : I,
  Folded<Layers, I, O> extends [unknown, infer OuterO] ? OuterO : O
>;

/**
 * Where one layer is given to `stack()`: it must fit the processor with the layers `Inside` around
 * it. While its type is not known yet it is expected to pass input and output through, and so the
 * parameters of functions written in that place get their types; while the processor's output is not
 * known yet (`unknown`), every layer fits.
 *
 * @example The parameters of a layer written in place have their types
 * ```ts
 * import { createContext, stack } from "@shizuku/shizuku/core";
 *
 * const double = stack(
 *   (n: number) => n * 2,
 *   (next) => (input, ctx) => next(Math.abs(input), ctx),
 * );
 * console.log(await double(-21, createContext())); // 42
 * ```
 */
export type LayerSlot<L, Inside extends readonly unknown[], I, O> =
  | L & ([unknown] extends [O] ? unknown : LayerAround<Folded<Inside, I, O>>)
  | ([L] extends [never] ? Layer<I, O> : never);

/**
 * Any layer that fits a processor of these types.
 *
 * @example
 * ```ts
 * import type { LayerAround } from "@shizuku/shizuku/core";
 *
 * const fits: LayerAround<[number, string]> = (next) => (line: string, ctx) =>
 *   next(Number(line), ctx);
 * ```
 */
export type LayerAround<Types> = Types extends [infer I, infer O] ? Layer<I, O, never, unknown>
  : never;
