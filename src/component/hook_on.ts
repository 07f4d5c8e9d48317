import type { Process, ProcessorObject, RouteProcessor, SubjectParams } from "../core/mod.ts";
import { defineHook } from "../consumers/definitions.ts";
import type {
  EventDefinition,
  HookDefinition,
  HookOptions,
  HookSource,
  SourceValue,
  SubjectFilter,
} from "../consumers/mod.ts";

/**
 * Options of {@linkcode hookOn}: those of a hook, which by default is named by its place.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { hookOn } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const write = hookOn(landed, { name: "write-log", key: (event) => event.airport, attempts: 3 });
 * ```
 */
export interface HookSettings<T> extends Omit<HookOptions<T>, "name"> {
  /** Names the durable consumer within the component. By default as the component's code does. */
  name?: string;
}

/**
 * Parameters of the subjects of a source.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import type { SourceParams } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const params: SourceParams<typeof landed> = { airport: "ORD" };
 * ```
 */
export type SourceParams<S> = S extends
  EventDefinition<infer _, infer __, infer Params extends Readonly<Record<string, string>>> ? Params
  : S extends SubjectFilter<infer _, infer Template> ? SubjectParams<Template>
  : Readonly<Record<string, string>>;

/**
 * A hook without what it does: `setup()` brings that. Made by {@linkcode hookOn}.
 *
 * @typeParam T The event.
 * @typeParam Params Parameters of its subject.
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { type HookDeclaration, hookOn } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const declaration: HookDeclaration<{ airport: string }, { airport: string }> = hookOn(landed);
 * ```
 */
export interface HookDeclaration<
  T = unknown,
  Params extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
> {
  /** Tells it from a hook that is complete. */
  readonly kind: "hook";
  /** What it handles. */
  readonly sources: readonly HookSource[];
  /** How it does so. */
  readonly options: HookSettings<never>;
  /** Never set: carries the types. */
  readonly types?: readonly [event: T, params: Params];
}

/**
 * Hooks of a component by the name that its code uses: complete, or done in `setup()`.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { defineComponent, hookOn, type Hooks } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const hooks = { write: hookOn(landed), count: hookOn(landed) } satisfies Hooks;
 * export const log = defineComponent({
 *   name: "log",
 *   version: "1.0.0",
 *   hooks,
 *   setup: ({ logger }) => ({
 *     hooks: {
 *       write: ({ airport }) => logger.info("Landed in {airport}", { airport }),
 *       count: () => {},
 *     },
 *   }),
 * });
 * ```
 */
// deno-lint-ignore no-explicit-any -- a hook reads its type and is asked for it: only `any` fits all
export type Hooks = Readonly<Record<string, HookDeclaration<any, any> | HookDefinition<any>>>;

/**
 * What `setup()` must bring for a hook that was declared.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { hookOn, type HookProcessor } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const declaration = hookOn(landed);
 * const write: HookProcessor<typeof declaration> = (event, { params, attempt }) =>
 *   console.log(event.airport === params.airport, attempt);
 * ```
 */
export type HookProcessor<H> = H extends HookDeclaration<infer T, infer Params>
  ? RouteProcessor<T, unknown, Params>
  : never;

/**
 * Names of the hooks that were declared without what they do.
 *
 * @example
 * ```ts
 * import { type DeclaredHooks, hookOn } from "@shizuku/shizuku/component";
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const hooks = {
 *   write: hookOn(landed),
 *   count: defineHook(landed, { name: "count" }, () => {}),
 * };
 * const toBeBrought: DeclaredHooks<typeof hooks> = "write";
 * ```
 */
export type DeclaredHooks<H extends Hooks> = {
  [Name in keyof H]: H[Name] extends { readonly kind: "hook" } ? Name : never;
}[keyof H];

/**
 * The hooks in what `setup()` returns: where hooks were declared, what each of them does; else hooks
 * by `defineHook()`, if there are any.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { hookOn, type HookPart } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const hooks = { write: hookOn(landed) };
 * const part: HookPart<typeof hooks> = { hooks: { write: (event) => console.log(event.airport) } };
 * ```
 */
export type HookPart<H extends Hooks> = [DeclaredHooks<H>] extends [never]
  ? { readonly hooks?: readonly HookDefinition[] }
  : { readonly hooks: { readonly [Name in DeclaredHooks<H>]: HookProcessor<H[Name]> } };

/**
 * Declares a hook in a component's definition; `setup()` returns what it does, under the same name.
 *
 * What is declared is known before anything runs: its consumer is there before the first event is
 * published, and `provision()` can make it. A hook that needs nothing of `setup()` can be declared
 * together with what it does, by `defineHook()`.
 *
 * @param source An event, the generated descriptor of one whose `.proto` says its subject, messages
 * by subject, or several of these.
 * @param options Attempts, lanes and all else that `defineHook()` takes.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineComponent, hookOn } from "@shizuku/shizuku/component";
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * export const log = defineComponent({
 *   name: "log",
 *   version: "1.0.0",
 *   hooks: { write: hookOn(landed, { key: (event) => event.airport, attempts: 3 }) },
 *   setup: ({ logger }) => ({
 *     hooks: { write: (event) => logger.info("Landed in {airport}", event) },
 *   }),
 * });
 * ```
 */
export function hookOn<const S extends HookSource | readonly HookSource[]>(
  source: S,
  options: HookSettings<SourceValue<S extends readonly unknown[] ? S[number] : S>> = {},
): HookDeclaration<
  SourceValue<S extends readonly unknown[] ? S[number] : S>,
  SourceParams<S>
> {
  const sources = (Array.isArray(source) ? source : [source]) as readonly HookSource[];
  return Object.freeze({ kind: "hook", sources, options: options as object });
}

/** Joins a declared hook with what it does. */
export function completeHook(
  name: string,
  { sources, options }: HookDeclaration,
  processor: ProcessorObject<unknown, unknown> | Process<unknown, unknown>,
): HookDefinition {
  const all = { name, ...options } as HookOptions<unknown>;
  return defineHook(sources, all, processor) as HookDefinition;
}
