import type { Schema } from "hono/types";
import type { CodecValue } from "../core/mod.ts";
import type { MethodDefinition, ServiceDefinition } from "../services/mod.ts";

/**
 * The route of one method, as Hono's client `hc` reads it.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import type { RoutesOf, RpcEndpoint } from "@shizuku/shizuku/hono";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<string>(), output: json<string>() },
 * });
 * type Greet = RoutesOf<typeof GreetService>["/greet.v1.GreetService/greet"];
 * const same: Greet extends RpcEndpoint<string, string> ? true : false = true;
 * ```
 */
export type RpcEndpoint<Input, Output> = {
  /** The call. */
  readonly $post: {
    readonly input: { readonly json: Input };
    readonly output: Output;
    readonly outputFormat: "json";
    readonly status: 200;
  };
};

/**
 * The routes of one contract. Those of a generated one are not named in its type.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import type { RoutesOf } from "@shizuku/shizuku/hono";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<string>(), output: json<string>() },
 * });
 * const path: keyof RoutesOf<typeof GreetService> = "/greet.v1.GreetService/greet";
 * ```
 */
export type RoutesOf<Contract> = Contract extends ServiceDefinition<infer Methods, infer Name> ? {
    [Method in keyof Methods & string as `/${Name}/${Method}`]: Methods[Method] extends
      MethodDefinition<infer _, infer __>
      ? RpcEndpoint<CodecValue<Methods[Method]["input"]>, CodecValue<Methods[Method]["output"]>>
      : never;
  }
  : Record<never, never>;

/**
 * A type that is all types of a union at once.
 *
 * @example
 * ```ts
 * import type { Intersection } from "@shizuku/shizuku/hono";
 *
 * const both: Intersection<{ a: number } | { b: string }> = { a: 1, b: "two" };
 * ```
 */
export type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends
  (whole: infer Whole) => void ? Whole : never;

/**
 * The routes of code-first contracts, one flat object of paths, so that `hc<typeof app>()` has
 * their types.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import type { RpcSchema } from "@shizuku/shizuku/hono";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<string>(), output: json<string>() },
 * });
 * const path: keyof RpcSchema<[typeof GreetService]> = "/greet.v1.GreetService/greet";
 * ```
 */
export type RpcSchema<Contracts> = Extract<
  Contracts extends readonly (infer Contract)[] ? Intersection<RoutesOf<Contract>>
    : RoutesOf<Contracts>,
  Schema
>;
