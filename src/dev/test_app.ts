import type { NatsConnection } from "@nats-io/nats-core";
import {
  type AnyComponent,
  type AppOptions,
  type AppSettings,
  type Component,
  type ConfigPart,
  createApp,
  type Health,
  type NeedsOf,
  type ProvidePart,
  type RunningApp,
  type SettingsOf,
} from "../component/mod.ts";
import { ensureStream, type EventLike, type SourceValue, toEvent } from "../consumers/mod.ts";
import { resourceName } from "../core/mod.ts";
import {
  type Client,
  type ClientOptions,
  createClient,
  type ServiceContract,
} from "../services/mod.ts";
import type { Activity } from "./_activity.ts";
import { CallCount } from "./_call_count.ts";
import { EventTap } from "./_event_tap.ts";
import { settle } from "./_settle.ts";
import { sharedServer } from "./_shared_server.ts";
import { TestNamespace } from "./_test_namespace.ts";
import type { NatsServer } from "./nats_server.ts";
import {
  type AnyEvent,
  type Published,
  PublishedEvents,
  type PublishedOptions,
  type PublishedSource,
} from "./published.ts";

/**
 * Options of {@linkcode testApp} that do not depend on the components.
 *
 * @example On a server of one's own
 * ```ts ignore
 * import { startNatsServer, testApp } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer({ maxPayload: 65_536 });
 * await using app = await testApp([helpdesk], { server });
 * ```
 */
export interface TestAppSettings extends Omit<AppSettings, "nc" | "namespace" | "provision"> {
  /**
   * The nats-server, or its address. By default one that all tests of the process share: the first
   * of them starts it, and it ends with the process.
   */
  readonly server?: NatsServer | string;
}

/**
 * Options of {@linkcode testApp}: what the components need and have settings for is asked for.
 *
 * @example What the components need, and have settings for
 * ```ts ignore
 * import { testApp } from "@shizuku/shizuku/dev";
 *
 * await using app = await testApp([tickets, mail], {
 *   provide: { database },
 *   config: { mail: { from: "desk@example.com" } },
 * });
 * ```
 */
export type TestAppOptions<C extends readonly AnyComponent[] = readonly AnyComponent[]> =
  & TestAppSettings
  & ProvidePart<NeedsOf<C>>
  & ConfigPart<SettingsOf<C>>;

/**
 * Options of {@linkcode TestApp.settled}.
 *
 * @example
 * ```ts ignore
 * await app.settled({ timeoutMs: 30_000 });
 * ```
 */
export interface SettledOptions {
  /**
   * How long to wait, in milliseconds.
   * @default {10000}
   */
  readonly timeoutMs?: number;
}

/**
 * An application that runs for one test. Made by {@linkcode testApp}.
 *
 * @example
 * ```ts ignore
 * import { testApp } from "@shizuku/shizuku/dev";
 *
 * await using app = await testApp([tickets]);
 * const { ticketId } = await app.client(TicketService).create({ title: "Printer on fire" });
 * await app.settled();
 * console.log((await app.published(ticketCreated)).ticketId === ticketId); // true
 * ```
 */
export interface TestApp extends RunningApp {
  /** Its connection to NATS, which is closed when it stops. */
  readonly nc: NatsConnection;
  /** Its namespace, which no other test has. */
  readonly namespace: string;
  /** Makes a typed client of a service. */
  client<S extends ServiceContract>(contract: S, options?: ClientOptions<S>): Client<S>;
  /**
   * What was published of an event, and stored, since the start.
   *
   * It rejects with a {@linkcode ShizukuError}, `deadline_exceeded`, if what is awaited does not
   * come in time; the message lists what was published instead.
   *
   * @example
   * ```ts ignore
   * const { ticketId } = await app.published(ticketCreated, { where: ({ userId }) => userId === "7" });
   * assert.deepEqual(await app.published(ticketClosed).all(), []);
   * ```
   */
  published<E extends EventLike>(
    event: E,
    options?: PublishedOptions<SourceValue<E>>,
  ): Published<SourceValue<E>>;
  /**
   * Waits until nothing goes on: every hook has settled every event, those that hooks publish
   * included, and no call runs here. It asks the server; it does not guess by time.
   *
   * @throws {ShizukuError} `deadline_exceeded` if that takes too long; the message says what goes on.
   */
  settled(options?: SettledOptions): Promise<void>;
  /** Stops the application, deletes its streams and buckets, and closes its connection. */
  stop(): Promise<void>;
}

/**
 * Runs components for one test, on a real nats-server and in a namespace of its own, so that tests
 * can run side by side. Streams are kept in memory unless `stream` says otherwise.
 *
 * @throws {NatsServerNotFoundError} If there is no server to start.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { defineEvent } from "@shizuku/shizuku/consumers";
 * import { testApp } from "@shizuku/shizuku/dev";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const rung = defineEvent(json<{ door: string }>(), { subject: "bell.rung.{door}" });
 * const BellService = defineService("bell.v1.BellService", {
 *   ring: { input: json<{ door: string }>(), output: json<{ ok: boolean }>() },
 * });
 * const bell = defineComponent({
 *   name: "bell",
 *   version: "1.0.0",
 *   rpc: BellService,
 *   events: { rung },
 *   setup: ({ events }) => ({
 *     rpc: {
 *       async ring({ door }) {
 *         await events.rung.publish({ door });
 *         return { ok: true };
 *       },
 *     },
 *   }),
 * });
 *
 * await using app = await testApp([bell]);
 * await app.client(BellService).ring({ door: "front" });
 * console.log((await app.published(rung)).door); // front
 * ```
 */
export async function testApp<const C extends readonly AnyComponent[]>(
  components: C,
  ...[options]: Record<never, never> extends TestAppOptions<C> ? [options?: TestAppOptions<C>]
    : [options: TestAppOptions<C>]
): Promise<TestApp> {
  const { server = await sharedServer(), ...rest }: TestAppSettings = options ?? {};
  const settings = { ...IN_MEMORY, ...rest };
  const namespace = await TestNamespace.open(typeof server === "string" ? server : server.url);
  const tap = new EventTap(namespace);
  try {
    await tap.follow(await provideStreams(namespace, components, settings));
    const { nc, name } = namespace;
    const app: AppOptions = { ...settings, nc, components, namespace: name };
    return new RunningTestApp(await createApp(app).start(), namespace, tap, components);
  } catch (error) {
    tap.stop();
    await namespace.close();
    throw error;
  }
}

const IN_MEMORY = { stream: { storage: "memory" }, bucket: { storage: "memory" } } as const;

/** Makes the streams of all events before anything can be published on them. */
async function provideStreams(
  { nc, name: namespace }: TestNamespace,
  components: readonly AnyComponent[],
  settings: TestAppSettings,
): Promise<string[]> {
  const owners = components.filter(({ events }) => Object.keys(events).length > 0);
  return await Promise.all(owners.map(async (owner) => {
    const name = resourceName(namespace, owner.name);
    const events = Object.values(owner.events);
    await ensureStream(nc, { ...settings.stream, ...owner.stream, name, events, namespace });
    return name;
  }));
}

class RunningTestApp implements TestApp, PublishedSource {
  readonly transport: CallCount;
  readonly events: readonly AnyEvent[];
  readonly #app: RunningApp;
  readonly #namespace: TestNamespace;
  readonly #tap: EventTap;
  #stopped: Promise<void> | undefined;

  constructor(
    app: RunningApp,
    namespace: TestNamespace,
    tap: EventTap,
    components: readonly AnyComponent[],
  ) {
    this.#app = app;
    this.#namespace = namespace;
    this.#tap = tap;
    this.transport = new CallCount(app.transport);
    this.events = components.flatMap(({ events }) => Object.values(events));
  }

  get nc(): NatsConnection {
    return this.#namespace.nc;
  }

  get namespace(): string {
    return this.#namespace.name;
  }

  get components(): readonly AnyComponent[] {
    return this.#app.components;
  }

  get hooks(): RunningApp["hooks"] {
    return this.#app.hooks;
  }

  get contracts(): readonly ServiceContract[] {
    return this.#app.contracts;
  }

  get log(): EventTap["log"] {
    return this.#tap.log;
  }

  shared<Shared>(component: Component<Shared>): Shared {
    return this.#app.shared(component);
  }

  health(): Health {
    return this.#app.health();
  }

  liveness(): Health {
    return this.#app.liveness();
  }

  client<S extends ServiceContract>(contract: S, options?: ClientOptions<S>): Client<S> {
    return createClient(this.transport, contract, options);
  }

  published<E extends EventLike>(
    event: E,
    options: PublishedOptions<SourceValue<E>> = {},
  ): Published<SourceValue<E>> {
    return new PublishedEvents<SourceValue<E>>(this, toEvent(event as AnyEvent), options);
  }

  async settled({ timeoutMs = 10_000 }: SettledOptions = {}): Promise<void> {
    await settle(() => this.#look(), timeoutMs);
  }

  caughtUp(): Promise<void> {
    return this.#tap.caughtUp();
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    try {
      await this.#app.stop();
    } finally {
      this.#tap.stop();
      await this.#namespace.close();
    }
  }

  /** What goes on now. Hooks are asked after the streams: what is published meanwhile shows there. */
  async #look(): Promise<Activity> {
    const { running: calls, made: callsMade } = this.transport;
    const streams = await this.#namespace.streams();
    const consumers = await this.#namespace.consumers(Object.keys(streams));
    return { streams, consumers: this.#tap.withReceived(consumers), calls, callsMade };
  }
}
