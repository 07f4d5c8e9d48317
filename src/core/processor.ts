import { shown } from "./_check.ts";
import type { Context } from "./context.ts";

/**
 * A value, or the promise of one.
 *
 * @example A function may answer now or later
 * ```ts
 * import type { Awaitable } from "@shizuku/shizuku/core";
 *
 * const load = (id: string): Awaitable<string> => id === "7" ? "cached" : Promise.resolve("loaded");
 * console.log(await load("7"), await load("8")); // cached loaded
 * ```
 */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * Tells whether a result comes later.
 *
 * @example
 * ```ts
 * import { isPromiseLike } from "@shizuku/shizuku/core";
 *
 * console.log(isPromiseLike(Promise.resolve(7)), isPromiseLike(7)); // true false
 * ```
 */
export function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/**
 * A processor in its plain form: a function of an input and the context of the call.
 *
 * @example
 * ```ts
 * import { createContext, type Process } from "@shizuku/shizuku/core";
 *
 * const greet: Process<string, string> = (name, ctx) => `Hello, ${name}, try ${ctx.attempt}`;
 * console.log(await greet("Ada", createContext())); // Hello, Ada, try 1
 * ```
 */
export type Process<I, O> = (input: I, ctx: Context) => Awaitable<O>;

/**
 * A processor as an object, with its dependencies as fields.
 *
 * @example
 * ```ts
 * import { createContext, type ProcessorObject, stack, timeout } from "@shizuku/shizuku/core";
 *
 * class Greet implements ProcessorObject<string, string> {
 *   constructor(readonly greeting: string) {}
 *   process(name: string) {
 *     return `${this.greeting}, ${name}`;
 *   }
 * }
 * const greet = stack(new Greet("Hello"), timeout(500));
 * console.log(await greet("Ada", createContext())); // Hello, Ada
 * ```
 */
export interface ProcessorObject<I, O> {
  /** Turns an input into an output. */
  process(input: I, ctx: Context): Awaitable<O>;
}

/**
 * One job, done by a function or by an object with `process()`.
 *
 * Almost stateless: two instances cannot be told apart from outside. Wherever a processor is asked
 * for, both forms are accepted.
 *
 * @example Both forms
 * ```ts
 * import { createContext, type Processor, type ProcessorObject, toProcess } from "@shizuku/shizuku/core";
 *
 * class Greet implements ProcessorObject<string, string> {
 *   constructor(private readonly greeting: string) {}
 *   process(name: string): string {
 *     return `${this.greeting}, ${name}`;
 *   }
 * }
 * const shout: Processor<string, string> = (text) => text.toUpperCase();
 *
 * const ctx = createContext();
 * console.log(await toProcess(new Greet("Hello"))("Ada", ctx)); // Hello, Ada
 * console.log(await toProcess(shout)("hello", ctx)); // HELLO
 * ```
 */
export type Processor<I, O> = Process<I, O> | ProcessorObject<I, O>;

/**
 * Gives the function form of a processor.
 *
 * @param processor A function, returned as it is, or an object, whose `process` is bound to it.
 * @throws {TypeError} If it is neither.
 * @example
 * ```ts
 * import { toProcess } from "@shizuku/shizuku/core";
 *
 * const double = toProcess({ process: (n: number) => n * 2 });
 * ```
 */
export function toProcess<I, O>(processor: Processor<I, O>): Process<I, O> {
  if (typeof processor === "function") return processor;
  if (typeof processor?.process === "function") {
    return (input, ctx) => processor.process(input, ctx);
  }
  throw new TypeError(
    `Cannot use processor as it must be a function or have process(): current value is ` +
      shown(processor),
  );
}
