import type { Codec } from "../core/mod.ts";

/**
 * One method of a code-first contract.
 *
 * @example A method of a contract
 * ```ts
 * import { defineService, type MethodDefinition } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const greet: MethodDefinition<string, string> = {
 *   input: text,
 *   output: text,
 *   noSideEffects: true,
 * };
 * const GreetService = defineService("greet.v1.GreetService", { greet });
 * ```
 */
export interface MethodDefinition<I, O> {
  /** Reads and writes the request. */
  readonly input: Codec<I>;
  /** Reads and writes the response. */
  readonly output: Codec<O>;
  /**
   * Whether calling it changes nothing, so that it may be called again.
   * @default {false}
   */
  readonly noSideEffects?: boolean;
}

/**
 * The methods of a code-first contract, by name.
 *
 * @example Methods that several contracts have
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 * import { defineService, type MethodDefinitions } from "@shizuku/shizuku/services";
 *
 * const shared = {
 *   version: { input: text, output: text, noSideEffects: true },
 * } satisfies MethodDefinitions;
 * const GreetService = defineService("greet.v1.GreetService", {
 *   ...shared,
 *   greet: { input: text, output: text },
 * });
 * console.log(Object.keys(GreetService.methods)); // [ "version", "greet" ]
 * ```
 */
// deno-lint-ignore no-explicit-any -- a codec both reads and writes its type: only `any` fits all
export type MethodDefinitions = Readonly<Record<string, MethodDefinition<any, any>>>;

/**
 * A code-first contract. Made by {@linkcode defineService}.
 *
 * @example
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 * import { defineService, type ServiceDefinition } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const nameOf = ({ typeName }: ServiceDefinition) => typeName;
 * console.log(nameOf(GreetService)); // greet.v1.GreetService
 * ```
 */
export interface ServiceDefinition<
  Methods extends MethodDefinitions = MethodDefinitions,
  Name extends string = string,
> {
  /** Tells it from a generated one. */
  readonly kind: "definition";
  /** Full name, such as `echo.v1.EchoService`. */
  readonly typeName: Name;
  /** The methods by name. */
  readonly methods: Methods;
}

/**
 * Declares a service in code, for JSON, text or bytes.
 *
 * @param typeName Full name, such as `echo.v1.EchoService`.
 * @param methods A codec for the request and one for the response of each method.
 * @throws {TypeError} If a name is not valid.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * export const MathService = defineService("math.v1.MathService", {
 *   add: { input: json<{ a: number; b: number }>(), output: json<number>(), noSideEffects: true },
 * });
 * ```
 */
export function defineService<
  const Methods extends MethodDefinitions,
  const Name extends string = string,
>(
  typeName: Name,
  methods: Methods,
): ServiceDefinition<Methods, Name> {
  checkName("service", typeName, /^\w+(\.\w+)*$/);
  for (const name of Object.keys(methods)) checkName("method", name, /^\w+$/);
  return Object.freeze({ kind: "definition", typeName, methods });
}

function checkName(what: string, name: string, pattern: RegExp): void {
  if (pattern.test(name)) return;
  throw new TypeError(
    `Cannot define ${what} as its name must match ${pattern}: current value is ` +
      JSON.stringify(name),
  );
}
