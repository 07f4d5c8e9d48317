import {
  type Backoff,
  type Codec,
  type Context,
  type DescMessage,
  type Layer,
  type MessageShape,
  type Process,
  type ProcessorObject,
  type RouteProcessor,
  stack,
  type Subject,
  subject,
  type SubjectParams,
  SubjectRouter,
} from "../core/mod.ts";
import type { CircuitOptions } from "./circuit.ts";
import { type EventDefinition, toEvent } from "./event.ts";
import type { RetryPolicy } from "./settlement.ts";

/**
 * Where a new consumer begins: with all that the stream has, with what comes from now on, or with
 * what was stored at a time or a sequence, and all after it.
 *
 * @example Only what happens from now on, or since yesterday
 * ```ts
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const yesterday = new Date(Date.now() - 86_400_000);
 * const show = defineHook(landed, { name: "show", start: "new" }, () => {});
 * const count = defineHook(landed, { name: "count", start: { time: yesterday } }, () => {});
 * ```
 */
export type StartPosition =
  | "all"
  | "new"
  | {
    /** The first message that was stored then or later. */
    readonly time: Date;
  }
  | {
    /** The first message with this sequence or a higher one. */
    readonly sequence: number;
  };

/**
 * Options of {@linkcode defineHook}.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 * import { json, timeout } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const count = defineHook(landed, {
 *   name: "count",
 *   key: (event) => event.airport,
 *   attempts: 10,
 *   backoff: { initialMs: 500, maxMs: 60_000 },
 *   retry: { not_found: "fatal" },
 *   concurrency: 16,
 *   layers: [timeout(5_000)],
 * }, (event, ctx) => ctx.logger.info("Landed in {airport}", event));
 * ```
 */
export interface HookOptions<T> extends Partial<RetryPolicy> {
  /** Names the hook within its component, and so its durable consumer: `[A-Za-z0-9_-]+`. */
  name: string;
  /**
   * Events of one key run in order, one at a time, in each process. While one of them waits for its
   * next try, those after it wait too. Without it nothing is in order.
   */
  key?: (event: T, ctx: Context) => string;
  /**
   * How often an event is tried before it becomes a dead letter.
   * @default {5}
   */
  attempts?: number;
  /**
   * How the waits between tries grow.
   * @default {{ initialMs: 100, maxMs: 30_000 }}
   */
  backoff?: Backoff;
  /**
   * How many events run at once.
   * @default {64}
   */
  concurrency?: number;
  /**
   * How long the server waits for a sign of life before it delivers an event again, in
   * milliseconds. What is held is kept alive at a third of it.
   * @default {30000}
   */
  ackWaitMs?: number;
  /**
   * How long one event may be held at most, in milliseconds. Then its `ctx.signal` aborts, and the
   * server delivers it again.
   * @default {3600000}
   */
  maxLeaseMs?: number;
  /**
   * How an event is acknowledged: `sent` tells the server, `confirmed` also waits until it has
   * noted it (a double ack).
   * @default {"sent"}
   */
  ack?: "sent" | "confirmed";
  /**
   * The most events held at once, those that wait here included. How many really are is measured.
   * @default {4096}
   */
  maxPrefetch?: number;
  /**
   * The most bytes of events held at once, unless one alone is larger. It takes some throughput, as
   * each pull then waits for the one before it. By default the prefetch is bounded by the average
   * size of the events: to 32 MiB.
   */
  maxPrefetchBytes?: number;
  /**
   * Where the consumer begins when it is new; one that exists goes on where it was.
   * @default {"all"}
   */
  start?: StartPosition;
  /**
   * Whether the consumer outlives the process. One that does not (`false`) gets every event in every
   * process, has no dead letters, and is gone when it stops: for caches.
   * @default {true}
   */
  durable?: boolean;
  /** Pauses the hook while something that it depends on is down. */
  circuit?: CircuitOptions;
  /** Around the processor, the outermost first. */
  layers?: readonly Layer<T, unknown>[];
}

/**
 * One kind of message that a hook handles.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const hook = defineHook(landed, { name: "count" }, () => {});
 * for (const { typeName, subject } of hook.routes) {
 *   console.log(typeName, subject.filter); // json flight.landed.*
 * }
 * ```
 */
export interface HookRoute {
  /** Full name of the event, or of the codec. */
  readonly typeName: string;
  /** On which subjects it comes. */
  readonly subject: Subject;
  /** Reads it. */
  readonly codec: Codec<unknown>;
  /** The processor with its layers. */
  readonly process: Process<unknown, unknown>;
}

/**
 * The route of a subject, and the parameters in it.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const found = defineHook(landed, { name: "count" }, () => {}).find("flight.landed.ORD");
 * console.log(found?.route.typeName, found?.params.airport); // json ORD
 * ```
 */
export interface FoundRoute {
  /** The route. */
  readonly route: HookRoute;
  /** Parameters of its template. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * A hook: what is done with events. Made by {@linkcode defineHook}.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook, type HookDefinition } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const count = defineHook(landed, { name: "count" }, () => {});
 * const describe = ({ name, filters, attempts }: HookDefinition<never>) =>
 *   `${name} of ${filters.join()}, ${attempts} attempts`;
 * console.log(describe(count)); // count of flight.landed.*, 5 attempts
 * ```
 */
export interface HookDefinition<T = unknown> extends RetryPolicy {
  /** Name within its component. */
  readonly name: string;
  /** What it handles. */
  readonly routes: readonly HookRoute[];
  /** What its consumer asks for: the filter of each route. */
  readonly filters: readonly string[];
  /** Finds the route of a subject (without namespace). */
  find(subject: string): FoundRoute | undefined;
  /** Lane of an event. */
  key?(event: T, ctx: Context): string;
  /** How many events run at once. */
  readonly concurrency: number;
  /** How long the server waits for a sign of life, in milliseconds. */
  readonly ackWaitMs: number;
  /** How long one event may be held, in milliseconds. */
  readonly maxLeaseMs: number;
  /** How an event is acknowledged. */
  readonly ack: "sent" | "confirmed";
  /** The most events held at once. */
  readonly maxPrefetch: number;
  /** The most bytes of events held at once, if that is bounded. */
  readonly maxPrefetchBytes?: number;
  /** Where a new consumer begins. */
  readonly start: StartPosition;
  /** Whether the consumer outlives the process. */
  readonly durable: boolean;
  /** When it pauses. */
  readonly circuit?: CircuitOptions;
}

/**
 * Messages of a subject that no event describes: `{ subject: "ticket.{id}.{rest...}", codec }`.
 *
 * @example Messages of others, without an event
 * ```ts
 * import { defineHook } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const filter = { subject: "sensor.{id}.{rest...}", codec: json<{ celsius: number }>() } as const;
 * const watch = defineHook(filter, { name: "watch" }, ({ celsius }, ctx) => {
 *   if (celsius > 80) ctx.logger.warn("{id} is hot", { id: ctx.params.id });
 * });
 * console.log(watch.filters); // [ "sensor.*.>" ]
 * ```
 */
export interface SubjectFilter<T, Template extends string = string> {
  /** Subject with parameters, `{rest...}` for all that follows. */
  readonly subject: Template;
  /** Reads the messages. */
  readonly codec: Codec<T>;
}

/**
 * An event with its own processor. Made by {@linkcode on}.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook, type HookCase, on } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const opened = defineEvent(json<{ id: string }>(), { subject: "door.opened.{id}" });
 * const onOpened: HookCase<{ id: string }> = on(opened, ({ id }) => console.log(id));
 * const watch = defineHook([onOpened], { name: "watch" });
 * ```
 */
export interface HookCase<T> {
  /** Where it comes from. */
  readonly source: HookSource;
  /** What is done with it. */
  readonly processor: ProcessorObject<T, unknown> | Process<T, unknown>;
}

/**
 * Events of several sources.
 *
 * @example
 * ```ts
 * import { defineEvent, type SourceValue } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const opened = defineEvent(json<{ id: string }>(), { subject: "door.opened.{id}" });
 * const event: SourceValue<typeof opened> = { id: "front" };
 * ```
 */
export type SourceValue<S> = S extends HookCase<infer T> ? T
  : S extends EventDefinition<infer T, infer _, infer _> ? T
  : S extends SubjectFilter<infer T> ? T
  : S extends DescMessage ? MessageShape<S>
  : never;

/**
 * An event, or messages by their subject: what a hook can handle. An event whose `.proto` says its
 * subject is named by the generated descriptor of its message.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook, type HookSource } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const opened = defineEvent(json<{ id: string }>(), { subject: "door.opened.{id}" });
 * const sensors = { subject: "sensor.{id}", codec: json<{ id: string }>() };
 * const sources = [opened, sensors] satisfies HookSource[];
 * const watch = defineHook(sources, { name: "watch" }, ({ id }) => console.log(id));
 * ```
 */
// deno-lint-ignore no-explicit-any -- an event both reads and writes its type: only `any` fits all
export type HookSource = EventDefinition<any, any, any> | SubjectFilter<any> | DescMessage;

/**
 * Gives an event a processor of its own, in a hook of several events.
 *
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineEvent, defineHook, on } from "@shizuku/shizuku/consumers";
 *
 * const opened = defineEvent(json<{ id: string }>(), { subject: "door.opened.{id}" });
 * const closed = defineEvent(json<{ id: string; by: string }>(), { subject: "door.closed.{id}" });
 * const watch = defineHook([
 *   on(opened, (event, ctx) => ctx.logger.info("{id} is open", { id: event.id })),
 *   on(closed, (event, ctx) => ctx.logger.info("{by} closed {id}", { ...event, ...ctx.params })),
 * ], { name: "watch" });
 * console.log(watch.filters); // [ "door.opened.*", "door.closed.*" ]
 * ```
 */
export function on<T, Init, Params extends Readonly<Record<string, string>>>(
  event: EventDefinition<T, Init, Params>,
  processor: RouteProcessor<T, unknown, NoInfer<Params>>,
): HookCase<T>;
/** Gives an event whose `.proto` says its subject a processor of its own. */
export function on<Desc extends DescMessage>(
  schema: Desc,
  processor: RouteProcessor<MessageShape<Desc>, unknown, Readonly<Record<string, string>>>,
): HookCase<MessageShape<Desc>>;
/** Gives the messages of a subject a processor of their own. */
export function on<T, const Template extends string>(
  filter: SubjectFilter<T, Template>,
  processor: RouteProcessor<T, unknown, SubjectParams<NoInfer<Template>>>,
): HookCase<T>;
export function on(source: HookSource, processor: unknown): HookCase<unknown> {
  return { source, processor } as HookCase<unknown>;
}

/**
 * Declares what a component does when an event happens.
 *
 * @throws {TypeError} If the name or a number is not valid, or two subjects collide.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const count = defineHook(landed, { name: "count", key: (event) => event.airport }, (event, ctx) => {
 *   ctx.logger.info("{airport}: try {attempt}", { ...event, attempt: ctx.attempt });
 * });
 * ```
 */
export function defineHook<T, Init, Params extends Readonly<Record<string, string>>>(
  event: EventDefinition<T, Init, Params>,
  options: HookOptions<NoInfer<T>>,
  processor: RouteProcessor<NoInfer<T>, unknown, NoInfer<Params>>,
): HookDefinition<T>;
/** Declares what is done with an event whose `.proto` says its subject. */
export function defineHook<Desc extends DescMessage>(
  schema: Desc,
  options: HookOptions<NoInfer<MessageShape<Desc>>>,
  processor: RouteProcessor<
    NoInfer<MessageShape<Desc>>,
    unknown,
    Readonly<Record<string, string>>
  >,
): HookDefinition<MessageShape<Desc>>;
/** Declares what is done with the messages of a subject. */
export function defineHook<T, const Template extends string>(
  filter: SubjectFilter<T, Template>,
  options: HookOptions<NoInfer<T>>,
  processor: RouteProcessor<NoInfer<T>, unknown, SubjectParams<NoInfer<Template>>>,
): HookDefinition<T>;
/** Declares what is done with several events, each of which has its own processor. */
export function defineHook<const Cases extends readonly HookCase<never>[]>(
  cases: Cases,
  options: HookOptions<SourceValue<Cases[number]>>,
): HookDefinition<SourceValue<Cases[number]>>;
/** Declares what is done with several events, by one processor. */
export function defineHook<const Sources extends readonly HookSource[]>(
  sources: Sources,
  options: HookOptions<SourceValue<Sources[number]>>,
  processor:
    | ProcessorObject<SourceValue<Sources[number]>, unknown>
    | Process<
      SourceValue<Sources[number]>,
      unknown
    >,
): HookDefinition<SourceValue<Sources[number]>>;
export function defineHook(
  sources: HookSource | readonly (HookSource | HookCase<never>)[],
  // deno-lint-ignore no-explicit-any -- not part of the public signature
  options: HookOptions<any>,
  processor?: unknown,
  // deno-lint-ignore no-explicit-any -- not part of the public signature
): HookDefinition<any> {
  const { layers = [], ...rest } = options;
  const settings: Settings = { ...DEFAULTS, ...rest };
  check(settings);
  const routes = (Array.isArray(sources) ? sources : [sources]).map((source) =>
    toRoute(source, processor, layers)
  );
  if (routes.length === 0) {
    throw new TypeError(`Cannot define hook ${settings.name} as it must have an event: none given`);
  }
  return Object.freeze({
    ...settings,
    routes,
    filters: routes.map(({ subject }) => subject.filter),
    find: finderOf(routes),
  });
}

type Settings = Omit<HookDefinition, "routes" | "filters" | "find">;

const DEFAULTS: Omit<Settings, "name"> = {
  attempts: 5,
  backoff: { initialMs: 100, maxMs: 30_000 },
  concurrency: 64,
  ackWaitMs: 30_000,
  maxLeaseMs: 3_600_000,
  ack: "sent",
  maxPrefetch: 4_096,
  start: "all",
  durable: true,
};

/** Settings that are whole numbers from 1. */
const NUMBERS = [
  "attempts",
  "concurrency",
  "ackWaitMs",
  "maxLeaseMs",
  "maxPrefetch",
  "maxPrefetchBytes",
] as const;

function toRoute(
  source: HookSource | HookCase<never>,
  shared: unknown,
  layers: readonly Layer<unknown, unknown>[],
): HookRoute {
  const { source: given, processor } = "processor" in source
    ? source
    : { source, processor: shared };
  const event = "kind" in given ? toEvent(given) : given;
  const isFilter = typeof event.subject === "string";
  const codec = event.codec as Codec<unknown>;
  return {
    typeName: isFilter ? codec.name : (event as EventDefinition<unknown>).typeName,
    subject: isFilter ? subject<string>(event.subject) : event.subject as Subject,
    codec,
    process: stack(processor as Process<unknown, unknown>, ...layers),
  };
}

function finderOf(routes: readonly HookRoute[]): HookDefinition["find"] {
  const [only] = routes as [HookRoute];
  if (routes.length === 1) {
    return (text) => {
      const params = only.subject.match(text);
      return params && { route: only, params };
    };
  }
  const router = new SubjectRouter<unknown, unknown>();
  for (const { subject, process } of routes) router.add(subject.template, process);
  const byTemplate = new Map(routes.map((route) => [route.subject.template, route]));
  return (text) => {
    const found = router.find(text);
    return found && { route: byTemplate.get(found.template)!, params: found.params };
  };
}

function check(settings: Settings): void {
  const { name } = settings;
  if (!/^[\w-]+$/.test(name)) {
    const found = JSON.stringify(name);
    throw new TypeError(`Cannot define hook as its name must match [A-Za-z0-9_-]+: ${found}`);
  }
  for (const option of NUMBERS) {
    const { [option]: value = 1 } = settings;
    if (Number.isInteger(value) && value >= 1) continue;
    throw new TypeError(
      `Cannot define hook ${name} as ${option} must be an integer >= 1: current value is ${value}`,
    );
  }
}
