import type { Awaitable, Logger } from "../core/mod.ts";
import { toEvent } from "../consumers/definitions.ts";
import type {
  EventDefinition,
  EventLike,
  HookDefinition,
  Publisher,
  StreamSettings,
} from "../consumers/mod.ts";
import type { ServiceContract } from "../services/mod.ts";
import type { DescMessage, MessageInitShape } from "../core/mod.ts";
import { checkComponent } from "./_check_component.ts";
import type { ConfigInput, ConfigSource, ConfigValue } from "./component_config.ts";
import type {
  BucketSettings,
  ComponentKv,
  OpenRecords,
  RecordDeclarations,
} from "./component_kv.ts";
import type { ComponentLocks } from "./component_locks.ts";
import type { HookPart, Hooks } from "./hook_on.ts";
import type { Provided, Requirements } from "./requirement.ts";
import { namedContracts, type RpcContracts, type RpcPart } from "./rpc_contracts.ts";

/**
 * No names at all.
 *
 * @example A component that publishes nothing is given no publishers
 * ```ts
 * import type { None, Publishers } from "@shizuku/shizuku/component";
 *
 * const nothing: Publishers<None> = {};
 * ```
 */
export type None = Readonly<Record<never, never>>;

/**
 * Events of a component, by the name that its code uses: made by `defineEvent()`, or the generated
 * descriptors of messages whose `.proto` says their subject.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { defineComponent, type Events } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const ticketEvents = {
 *   opened: defineEvent(json<{ id: string }>(), { subject: "ticket.opened.{id}" }),
 *   closed: defineEvent(json<{ id: string }>(), { subject: "ticket.closed.{id}" }),
 * } satisfies Events;
 * export const ticket = defineComponent({
 *   name: "ticket",
 *   version: "1.0.0",
 *   events: ticketEvents,
 *   setup: ({ events }) => ({ shared: { close: (id: string) => events.closed.publish({ id }) } }),
 * });
 * ```
 */
export type Events = Readonly<Record<string, EventLike>>;

/**
 * Components whose shared part another one may use, by the name that its code uses.
 *
 * @example Call what another component shares
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 *
 * const clock = defineComponent({
 *   name: "clock",
 *   version: "1.0.0",
 *   setup: () => ({ shared: { now: () => new Date() } }),
 * });
 * export const log = defineComponent({
 *   name: "log",
 *   version: "1.0.0",
 *   uses: { clock },
 *   setup: ({ shared }) => ({ shared: { stamp: () => shared.clock.now().toISOString() } }),
 * });
 * ```
 */
export type Uses = Readonly<Record<string, AnyComponent>>;

/**
 * What a component shares with those that use it.
 *
 * @example
 * ```ts
 * import { defineComponent, type SharedOf } from "@shizuku/shizuku/component";
 *
 * const clock = defineComponent({
 *   name: "clock",
 *   version: "1.0.0",
 *   setup: () => ({ shared: { now: () => Date.now() } }),
 * });
 * const standIn: SharedOf<typeof clock> = { now: () => 42 };
 * ```
 */
export type SharedOf<C> = C extends { readonly types?: { readonly shared: infer Shared } } ? Shared
  : never;

/**
 * A publisher for each event.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import type { Publishers } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const opened = defineEvent(json<{ id: string }>(), { subject: "ticket.opened.{id}" });
 * const open = async (id: string, events: Publishers<{ opened: typeof opened }>) => {
 *   await events.opened.publish({ id });
 * };
 * ```
 */
export type Publishers<E extends Events> = E extends unknown ? {
    readonly [Name in keyof E]: E[Name] extends DescMessage ? Publisher<MessageInitShape<E[Name]>>
      : E[Name] extends EventDefinition<infer _, infer Init> ? Publisher<Init>
      : never;
  }
  : never;

/**
 * What `setup()` is given.
 *
 * @example
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * export const counter = defineComponent({
 *   name: "counter",
 *   version: "1.0.0",
 *   config: { step: 1 },
 *   kv: { total: { codec: json<number>() } },
 *   setup: ({ kv, config, logger, signal }) => {
 *     signal.addEventListener("abort", () => logger.info("Stops"));
 *     return { shared: { add: () => kv.total.modify((old = 0) => old + config.step) } };
 *   },
 * });
 * ```
 */
export interface SetupContext<
  E extends Events = None,
  U extends Uses = None,
  R extends Requirements = None,
  Config extends ConfigSource | undefined = undefined,
  K extends RecordDeclarations = None,
> {
  /** Publishes the component's own events. */
  readonly events: Publishers<E>;
  /** What the components in `uses` share, and nothing else of them. */
  readonly shared: { readonly [Name in keyof U]: SharedOf<U[Name]> };
  /** What the application provides for `requires`. */
  readonly provided: Provided<R>;
  /** The component's settings, checked and with their defaults. */
  readonly config: ConfigValue<Config>;
  /** The component's own records: those that it declares, and functions that open more. */
  readonly kv: ComponentKv & OpenRecords<K>;
  /** The component's own locks. */
  readonly locks: ComponentLocks;
  /** Where the component logs to. */
  readonly logger: Logger;
  /** Aborts when the application stops. */
  readonly signal: AbortSignal;
}

/**
 * What `setup()` returns, apart from RPC and hooks.
 *
 * @example
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 *
 * export const clock = defineComponent({
 *   name: "clock",
 *   version: "1.0.0",
 *   setup() {
 *     const timer = setInterval(() => {}, 1_000);
 *     return { shared: { now: () => new Date() }, dispose: () => clearInterval(timer) };
 *   },
 * });
 * ```
 */
export interface ComponentParts<Shared> {
  /**
   * What components that use this one may use directly: by plain calls, without a copy. Nothing
   * else of the component can be reached.
   */
  readonly shared?: Shared;
  /** Frees what `setup()` has made; called last. */
  readonly dispose?: () => Awaitable<void>;
}

/**
 * What {@linkcode defineComponent} is told.
 *
 * @example
 * ```ts
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const opened = defineEvent(json<{ id: string }>(), { subject: "ticket.opened.{id}" });
 * export const ticket = defineComponent({
 *   name: "ticket",
 *   version: "1.0.0",
 *   description: "Keeps tickets",
 *   events: { opened },
 *   stream: { maxAgeMs: 86_400_000 },
 *   kv: { tickets: { key: "{id}", codec: json<{ title: string }>() } },
 *   config: { prefix: "T-" },
 *   setup: ({ config, events, kv }) => ({
 *     shared: {
 *       async open(title: string) {
 *         const id = config.prefix + crypto.randomUUID();
 *         await kv.tickets.create({ id }, { title });
 *         await events.opened.publish({ id });
 *       },
 *     },
 *   }),
 * });
 * ```
 */
export interface ComponentOptions<
  Name extends string,
  Rpc extends RpcContracts | undefined,
  E extends Events,
  H extends Hooks,
  U extends Uses,
  R extends Requirements,
  Config extends ConfigSource | undefined,
  K extends RecordDeclarations,
  Shared,
> {
  /** Name: letters, digits, `_` and `-`. */
  readonly name: Name;
  /** Version (semver). */
  readonly version: string;
  /** For people. */
  readonly description?: string;
  /** Contract of the RPC that it answers, or several by name: `{ tickets: TicketService }`. */
  readonly rpc?: Rpc;
  /** Events that it publishes. */
  readonly events?: E;
  /** What the stream of its events is to be like; more than the application says for all. */
  readonly stream?: StreamSettings;
  /** Hooks that are known before `setup()` runs: by `hookOn()`, or complete by `defineHook()`. */
  readonly hooks?: H;
  /** Components whose shared part it may use. */
  readonly uses?: U;
  /** What the application must provide: `{ db: requirement<Database>() }`. */
  readonly requires?: R;
  /** Its settings: a validator that follows Standard Schema, or plain defaults. */
  readonly config?: Config;
  /** Records that are opened before `setup()` runs: `{ tickets: { key: "{id}", codec } }`. */
  readonly kv?: K;
  /** What the bucket of its records is to be like; more than the application says for all. */
  readonly bucket?: BucketSettings;
  /** Makes the component's private context, and from it what the component does. */
  setup(
    context: SetupContext<E, U, R, Config, K>,
  ): SetupResult<RpcPart<Rpc> & HookPart<H> & ComponentParts<Shared>>;
}

/**
 * What `setup()` returns, now or later.
 *
 * @example `setup()` may take its time
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 *
 * export const airports = defineComponent({
 *   name: "airports",
 *   version: "1.0.0",
 *   async setup() {
 *     const names = await Promise.resolve(new Map([["ORD", "Chicago"]]));
 *     return { shared: { nameOf: (iata: string) => names.get(iata) } };
 *   },
 * });
 * ```
 */
export type SetupResult<Parts> = Parts | Promise<Parts>;

/**
 * What `setup()` returns, whatever the component.
 *
 * @example
 * ```ts ignore
 * const parts = await component.setup(context);
 * await parts.dispose?.();
 * ```
 */
export interface AnyParts extends ComponentParts<unknown> {
  /** The implementation of its RPC. */
  readonly rpc?: object | undefined;
  /** Its hooks, or what those do that it has declared. */
  readonly hooks?: readonly HookDefinition[] | object;
}

/**
 * A component. Made by {@linkcode defineComponent}.
 *
 * @typeParam Shared What it shares.
 * @typeParam Name Its name.
 * @typeParam Needs What an application must provide.
 * @typeParam Config Its settings, as an application may write them.
 * @example
 * ```ts
 * import { type Component, defineComponent } from "@shizuku/shizuku/component";
 *
 * const clock: Component<{ now(): Date }, "clock"> = defineComponent({
 *   name: "clock",
 *   version: "1.0.0",
 *   setup: () => ({ shared: { now: () => new Date() } }),
 * });
 * console.log(clock.name, clock.version, clock.contracts.length); // clock 1.0.0 0
 * ```
 */
export interface Component<
  Shared = unknown,
  Name extends string = string,
  Needs = unknown,
  Config = unknown,
> {
  /** Name. */
  readonly name: Name;
  /** Version (semver). */
  readonly version: string;
  /** For people. */
  readonly description: string | undefined;
  /** Contract of the RPC that it answers, or several by name. */
  readonly rpc: RpcContracts | undefined;
  /** All its contracts. */
  readonly contracts: readonly ServiceContract[];
  /** Events that it publishes. */
  // deno-lint-ignore no-explicit-any -- an event both reads and writes its type: only `any` fits all
  readonly events: Readonly<Record<string, EventDefinition<any, any>>>;
  /** What the stream of its events is to be like. */
  readonly stream: StreamSettings;
  /** Hooks that are known before it is set up. */
  readonly hooks: Hooks;
  /** Components whose shared part it may use. */
  readonly uses: Uses;
  /** What the application must provide. */
  readonly requires: Requirements;
  /** Its settings. */
  readonly config: ConfigSource | undefined;
  /** Records that are known before it is set up. */
  readonly kv: RecordDeclarations;
  /** Whether it has said that it has records, be there none that it names. */
  readonly hasRecords: boolean;
  /** What the bucket of its records is to be like. */
  readonly bucket: BucketSettings;
  /** Makes its parts; called by the application, with a {@linkcode SetupContext}. */
  setup(context: object): Awaitable<AnyParts>;
  /** Never set: carries the types. */
  readonly types?: { readonly shared: Shared; readonly needs: Needs; readonly config: Config };
}

/**
 * Any component, whatever it shares and needs.
 *
 * @example
 * ```ts
 * import { type AnyComponent, defineComponent } from "@shizuku/shizuku/component";
 *
 * const titleOf = ({ name, version }: AnyComponent) => `${name} ${version}`;
 * const clock = defineComponent({ name: "clock", version: "1.0.0", setup: () => ({}) });
 * console.log(titleOf(clock)); // clock 1.0.0
 * ```
 */
export type AnyComponent = Component;

/**
 * Declares a component: the RPC that it answers, the events that it publishes, the components it
 * uses, and how it is set up. Everything inside `setup` is inferred.
 *
 * @throws {TypeError} If the name or the version is not valid, or the `.proto` of an event says no
 * subject.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const MathService = defineService("math.v1.MathService", {
 *   twice: { input: json<number>(), output: json<number>() },
 * });
 * export const math = defineComponent({
 *   name: "math",
 *   version: "1.0.0",
 *   rpc: MathService,
 *   setup: () => ({ rpc: { twice: (n) => n * 2 }, shared: { pi: 3.14159 } }),
 * });
 * ```
 */
export function defineComponent<
  const Name extends string,
  const Rpc extends RpcContracts | undefined = undefined,
  const E extends Events = None,
  const H extends Hooks = None,
  const U extends Uses = None,
  const R extends Requirements = None,
  Config extends ConfigSource | undefined = undefined,
  const K extends RecordDeclarations = None,
  Shared = undefined,
>(
  options: ComponentOptions<Name, Rpc, E, H, U, R, Config, K, Shared>,
): Component<Shared, Name, Provided<R>, ConfigInput<Config>> {
  const { name, version, description, rpc, events = {}, stream = {}, hooks = {} } = options;
  const { uses = {}, requires = {}, config, kv, bucket = {} } = options;
  checkComponent(name, version, kv ?? {});
  const component: AnyComponent = {
    name,
    version,
    description,
    rpc,
    contracts: namedContracts(rpc).map(({ contract }) => contract),
    events: Object.fromEntries(
      Object.entries<EventLike>(events).map(([key, event]) => [key, toEvent(event)]),
    ),
    stream,
    hooks,
    uses,
    requires,
    config,
    kv: kv ?? {},
    hasRecords: kv !== undefined,
    bucket,
    // The application gives what it was asked for, which only the types above know.
    setup: (context) => options.setup(context as SetupContext<E, U, R, Config, K>),
  };
  return Object.freeze(component) as Component<Shared, Name, Provided<R>, ConfigInput<Config>>;
}
