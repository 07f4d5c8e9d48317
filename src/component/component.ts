import type { Awaitable, Logger } from "../core/mod.ts";
import type {
  EventDefinition,
  HookDefinition,
  Publisher,
  StreamSettings,
} from "../consumers/mod.ts";
import type { Implementation, ServiceContract } from "../services/mod.ts";
import type { ComponentKv } from "./component_kv.ts";
import type { ComponentLocks } from "./component_locks.ts";

/** Events of a component, by the name that its code uses. */
// deno-lint-ignore no-explicit-any -- an event both reads and writes its type: only `any` fits all
export type Events = Readonly<Record<string, EventDefinition<any, any>>>;

/** Components whose shared part another one may use, by the name that its code uses. */
export type Uses = Readonly<Record<string, AnyComponent>>;

/** What a component shares with those that use it. */
export type SharedOf<C> = C extends Component<infer Shared> ? Shared : never;

/** A publisher for each event. */
export type Publishers<E extends Events> = {
  readonly [Name in keyof E]: E[Name] extends EventDefinition<infer _, infer Init> ? Publisher<Init>
    : never;
};

/** What `setup()` is given. */
export interface SetupContext<E extends Events, U extends Uses> {
  /** Publishes the component's own events. */
  readonly events: Publishers<E>;
  /** What the components in `uses` share, and nothing else of them. */
  readonly shared: { readonly [Name in keyof U]: SharedOf<U[Name]> };
  /** The component's own records. */
  readonly kv: ComponentKv;
  /** The component's own locks. */
  readonly locks: ComponentLocks;
  /** Where the component logs to. */
  readonly logger: Logger;
  /** Aborts when the application stops. */
  readonly signal: AbortSignal;
}

/** What `setup()` returns, apart from the RPC implementation. */
export interface ComponentParts<Shared> {
  /** What it does when events happen. */
  readonly hooks?: readonly HookDefinition[];
  /** What other components may use directly. */
  readonly shared?: Shared;
  /** Frees what `setup()` has made; called last. */
  readonly dispose?: () => Awaitable<void>;
}

/** The RPC implementation, where there is a contract. */
export type RpcPart<S extends ServiceContract | undefined> = S extends ServiceContract
  ? { readonly rpc: Implementation<S> }
  : { readonly rpc?: never };

/** What {@linkcode defineComponent} is told. */
export interface ComponentOptions<
  Rpc extends ServiceContract | undefined,
  E extends Events,
  U extends Uses,
  Shared,
> {
  /** Name: letters, digits, `_` and `-`. */
  readonly name: string;
  /** Version (semver). */
  readonly version: string;
  /** For people. */
  readonly description?: string;
  /** Contract of the RPC that it answers. */
  readonly rpc?: Rpc;
  /** Events that it publishes. */
  readonly events?: E;
  /** What the stream of its events is to be like; more than the application says for all. */
  readonly stream?: StreamSettings;
  /** Components whose shared part it may use. */
  readonly uses?: U;
  /** Makes the component's private context, and from it what the component does. */
  setup(context: SetupContext<E, U>): Awaitable<RpcPart<Rpc> & ComponentParts<Shared>>;
}

/** A component. Made by {@linkcode defineComponent}. */
export interface Component<Shared = unknown> {
  /** Name. */
  readonly name: string;
  /** Version (semver). */
  readonly version: string;
  /** For people. */
  readonly description: string | undefined;
  /** Contract of the RPC that it answers. */
  readonly rpc: ServiceContract | undefined;
  /** Events that it publishes. */
  readonly events: Events;
  /** What the stream of its events is to be like. */
  readonly stream: StreamSettings;
  /** Components whose shared part it may use. */
  readonly uses: Uses;
  /** Makes its parts; called by the application. */
  setup(context: SetupContext<Events, Uses>): Awaitable<
    ComponentParts<Shared> & { readonly rpc?: object }
  >;
}

/** Any component, whatever it shares. */
export type AnyComponent = Component<unknown>;

/**
 * Declares a component: the RPC that it answers, the events that it publishes, the components it
 * uses, and how it is set up. Everything inside `setup` is inferred.
 *
 * @throws {TypeError} If the name or the version is not valid.
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
  Rpc extends ServiceContract | undefined = undefined,
  const E extends Events = Record<never, never>,
  const U extends Uses = Record<never, never>,
  Shared = undefined,
>(options: ComponentOptions<Rpc, E, U, Shared>): Component<Shared> {
  const { name, version, description, rpc, events = {}, stream = {}, uses = {} } = options;
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new TypeError(
      `Cannot define component as its name must match [A-Za-z0-9_-]+: current value is ` +
        JSON.stringify(name),
    );
  }
  if (!/^\d+\.\d+\.\d+([-+].+)?$/.test(version)) {
    throw new TypeError(
      `Cannot define component ${name} as its version must be like 1.0.0: current value is ` +
        JSON.stringify(version),
    );
  }
  const setup = options.setup.bind(options) as unknown as Component<Shared>["setup"];
  return Object.freeze({ name, version, description, rpc, events, stream, uses, setup });
}
