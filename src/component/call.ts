import {
  type Awaitable,
  type Context,
  createContext,
  getLogger,
  MessageHeaders,
  type ProcessorObject,
} from "../core/mod.ts";

/**
 * Gives the plain function of a processor, so that what is behind RPC or a hook can be shared
 * without being written twice.
 *
 * The context may be left out: then there is no deadline, nobody cancels, and there are no headers.
 * Whoever has a context passes it on, and its signal with it.
 *
 * @param processor A function of an input and a context, or an object with `process()`.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { call, defineComponent } from "@shizuku/shizuku/component";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const PriceService = defineService("price.v1.PriceService", {
 *   get: { input: json<{ sku: string }>(), output: json<number>() },
 * });
 * export const price = defineComponent({
 *   name: "price",
 *   version: "1.0.0",
 *   rpc: PriceService,
 *   setup() {
 *     const get = ({ sku }: { sku: string }) => sku.length;
 *     return { rpc: { get }, shared: { priceOf: call(get) } };
 *   },
 * });
 * ```
 */
export function call<I, R>(
  processor: (input: I, ctx: Context) => R,
): (input: I, ctx?: Context) => R;
/** Gives the plain function of a processor that is an object. */
export function call<I, O>(
  processor: ProcessorObject<I, O>,
): (input: I, ctx?: Context) => Awaitable<O>;
export function call(
  processor: ((input: unknown, ctx: Context) => unknown) | ProcessorObject<unknown, unknown>,
): (input: unknown, ctx?: Context) => unknown {
  if (typeof processor === "function") return (input, ctx = NO_CALL) => processor(input, ctx);
  if (typeof processor?.process === "function") {
    return (input, ctx = NO_CALL) => processor.process(input, ctx);
  }
  throw new TypeError(
    `Cannot share a processor as it must be a function or have process(): current value is ` +
      typeof processor,
  );
}

/**
 * The context of a call that nobody has described. One for all, as making one for each would cost
 * more than many a call; its signals are new each time, so that nobody's listeners pile up.
 */
const NO_CALL: Context = {
  get signal() {
    return new AbortController().signal;
  },
  deadline: undefined,
  remainingMs: Infinity,
  get headers() {
    return MessageHeaders.EMPTY;
  },
  subject: "",
  params: {},
  attempt: 1,
  get logger() {
    return getLogger(["component"]);
  },
  get: () => undefined,
  with: (changes) => createContext(changes),
};
