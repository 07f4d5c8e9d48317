/**
 * The vocabulary of Shizuku: processors and layers, the context of a call, errors, subjects,
 * headers and codecs. Pure: nothing here talks to a network.
 *
 * @example A processor with a layer around it
 * ```ts
 * import { type AnyLayer, createContext, ShizukuError, stack } from "@shizuku/shizuku/core";
 *
 * const logErrors: AnyLayer = (next) => async (input, ctx) => {
 *   try {
 *     return await next(input, ctx);
 *   } catch (error) {
 *     ctx.logger.error("Failed: {message}", { message: ShizukuError.from(error).message });
 *     throw error;
 *   }
 * };
 * const half = stack((n: number) => n / 2, logErrors);
 * console.log(await half(84, createContext())); // 42
 * ```
 *
 * @module
 */
export type { StandardSchemaV1 } from "@standard-schema/spec";
export type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
export * from "./backoff.ts";
export * from "./call_signal.ts";
export * from "./code.ts";
export * from "./codec.ts";
export * from "./context.ts";
export * from "./delay.ts";
export * from "./headers.ts";
export * from "./layer.ts";
export * from "./limit.ts";
export * from "./logger.ts";
export * from "./names.ts";
export * from "./observe.ts";
export * from "./policy.ts";
export * from "./processor.ts";
export * from "./protobuf_codec.ts";
export * from "./retry.ts";
export * from "./shizuku_error.ts";
export * from "./stack.ts";
export * from "./subject.ts";
export * from "./subject_router.ts";
export * from "./timeout.ts";
export * from "./trace.ts";
export * from "./validate.ts";
