import { borderOf, type Connection } from "../connection/mod.ts";
import {
  createConsumer,
  createPublisher,
  ensureConsumer,
  ensureStream,
  type HookConsumer,
  type StreamSettings,
} from "../consumers/mod.ts";
import { getLogger, inNamespace, resourceName } from "../core/mod.ts";
import {
  createEndpoints,
  type Endpoints,
  type Implementation,
  localTransport,
  natsTransport,
  serveEndpoints,
  type Service,
  type ServiceContract,
  serviceInfo,
  type Transport,
} from "../services/mod.ts";
import type { AnyComponent, Component, ComponentParts, Events, SetupContext } from "./component.ts";
import { createComponentKv } from "./component_kv.ts";
import { createComponentLocks } from "./component_locks.ts";
import { manifestOf, register } from "./registry.ts";
import { startOrder } from "./start_order.ts";

/** Options of {@linkcode createApp}. */
export interface AppOptions {
  /** Connection to NATS. It stays yours: the application does not close it. */
  readonly nc: Connection;
  /** What runs in this process. */
  readonly components: readonly AnyComponent[];
  /** Keeps applications on one server apart: put before every subject and every name. */
  readonly namespace?: string;
  /** What the streams of all components are to be like, such as `{ replicas: 3 }`. */
  readonly stream?: StreamSettings;
}

/** How an application is. */
export interface Health {
  /** Whether everything works. */
  readonly ok: boolean;
  /** What does not, in words. */
  readonly reasons: readonly string[];
}

/** An application that can be started. */
export interface App {
  /**
   * Starts everything: streams and consumers first, then the hooks, then the services.
   *
   * @throws If anything cannot start; what had been started is stopped again.
   */
  start(): Promise<RunningApp>;
}

/** An application that runs. */
export interface RunningApp extends AsyncDisposable {
  /** Contracts of all RPC that it answers. */
  readonly contracts: readonly ServiceContract[];
  /** Calls RPC: within the process where the component is here, over NATS otherwise. */
  readonly transport: Transport;
  /** What a component shares. */
  shared<Shared>(component: Component<Shared>): Shared;
  /** How it is at this moment. */
  health(): Health;
  /** Stops the services, then the hooks, then the rest, in reverse order. */
  stop(): Promise<void>;
}

/**
 * Joins components to an application on one connection.
 *
 * @throws {TypeError} If components clash, lack each other, or use each other in a circle.
 * @example
 * ```ts ignore
 * import { createApp } from "@shizuku/shizuku/component";
 *
 * await using app = await createApp({ nc, components: [user, ticket] }).start();
 * ```
 */
export function createApp(options: AppOptions): App {
  const components = startOrder(options.components);
  borderOf(options.nc);
  return {
    async start() {
      const app = new Application(options, components);
      try {
        await app.start();
      } catch (error) {
        await app.stop();
        throw error;
      }
      return app;
    },
  };
}

type Parts = ComponentParts<unknown> & { readonly rpc?: object };

class Application implements RunningApp {
  readonly contracts: readonly ServiceContract[];
  readonly transport: Transport;
  readonly #nc: Connection;
  readonly #namespace: string | undefined;
  readonly #stream: StreamSettings;
  readonly #components: readonly AnyComponent[];
  readonly #parts = new Map<AnyComponent, Parts>();
  readonly #local = localTransport();
  readonly #hooks: HookConsumer[] = [];
  readonly #services: Service[] = [];
  /** What `stop()` does, the last one first. */
  readonly #undo: (() => PromiseLike<void> | void)[] = [];
  readonly #stopping = new AbortController();
  readonly #logger = getLogger(["component"]);
  #stopped: Promise<void> | undefined;

  constructor({ nc, namespace, stream = {} }: AppOptions, components: readonly AnyComponent[]) {
    this.#nc = nc;
    this.#namespace = namespace;
    this.#stream = stream;
    this.#components = components;
    this.contracts = components.flatMap(({ rpc }) => rpc === undefined ? [] : [rpc]);
    const remote = natsTransport(nc, { prefix: this.#rpcPrefix });
    this.transport = {
      unary: (request) => (this.#local.has(request.service) ? this.#local : remote).unary(request),
    };
  }

  get #rpcPrefix(): string {
    return inNamespace(this.#namespace, "rpc");
  }

  async start(): Promise<void> {
    for (const component of this.#components) await this.#provideStream(component);
    for (const component of this.#components) await this.#setUp(component);
    for (const component of this.#components) await this.#provideConsumers(component);
    for (const component of this.#components) await this.#startHooks(component);
    for (const component of this.#components) await this.#serve(component);
    for (const component of this.#components) await this.#register(component);
  }

  shared<Shared>(component: Component<Shared>): Shared {
    const parts = this.#parts.get(component);
    if (parts === undefined) {
      throw new TypeError(`Cannot reach component ${component.name}: it does not run here`);
    }
    return parts.shared as Shared;
  }

  health(): Health {
    const reasons = [
      ...(this.#nc.isClosed() ? ["the connection to NATS is closed"] : []),
      ...(this.#stopping.signal.aborted ? ["the application is stopping"] : []),
      ...this.#hooks.flatMap(({ name, problem }) => problem ? [`hook ${name}: ${problem}`] : []),
      ...this.#services.flatMap(({ problem }) => problem ? [problem] : []),
    ];
    return { ok: reasons.length === 0, reasons };
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        await undo();
      } catch (error) {
        // One part that cannot stop must not keep the others from stopping.
        this.#logger.error("Cannot stop a part: {error}", { error });
      }
    }
  }

  async #provideStream({ name, events, stream }: AnyComponent): Promise<void> {
    if (Object.keys(events).length === 0) return;
    await ensureStream(this.#nc, {
      ...this.#stream,
      ...stream,
      name: resourceName(this.#namespace, name),
      events: Object.values(events),
      ...(this.#namespace !== undefined && { namespace: this.#namespace }),
    });
  }

  async #setUp(component: AnyComponent): Promise<void> {
    const { name, events, uses } = component;
    const options = { nc: this.#nc, component: name, namespace: this.#namespace };
    const locks = createComponentLocks(options);
    this.#undo.push(() => locks[Symbol.asyncDispose]());
    const shared = Object.entries(uses).map(([key, used]) => [key, this.shared(used)]);
    const parts = await component.setup({
      events: this.#publishers(events),
      shared: Object.fromEntries(shared),
      kv: createComponentKv(options),
      locks,
      logger: getLogger([name]),
      signal: this.#stopping.signal,
    });
    this.#parts.set(component, parts);
    if (parts.dispose !== undefined) this.#undo.push(parts.dispose);
  }

  #publishers(events: Events): SetupContext<Events, Record<never, never>>["events"] {
    const options = { ...(this.#namespace !== undefined && { namespace: this.#namespace }) };
    const publishers = Object.entries(events)
      .map(([key, event]) => [key, createPublisher(this.#nc, event, options)]);
    return Object.fromEntries(publishers);
  }

  #place(component: AnyComponent): { component: string; namespace?: string } {
    return {
      component: component.name,
      ...(this.#namespace !== undefined && { namespace: this.#namespace }),
    };
  }

  async #provideConsumers(component: AnyComponent): Promise<void> {
    for (const hook of this.#parts.get(component)!.hooks ?? []) {
      await ensureConsumer(this.#nc, hook, this.#place(component));
    }
  }

  async #startHooks(component: AnyComponent): Promise<void> {
    for (const hook of this.#parts.get(component)!.hooks ?? []) {
      const consumer = await createConsumer(this.#nc, hook, this.#place(component));
      this.#hooks.push(consumer);
      this.#undo.push(() => consumer.stop());
    }
  }

  async #serve(component: AnyComponent): Promise<void> {
    const { rpc: contract, version, description } = component;
    const implementation = this.#parts.get(component)!.rpc;
    if (contract === undefined || implementation === undefined) return;
    const endpoints: Endpoints = createEndpoints(
      contract,
      implementation as Implementation<ServiceContract>,
    );
    const { typeName } = serviceInfo(contract);
    this.#local.addEndpoints(typeName, endpoints);
    const service = await serveEndpoints(this.#nc, typeName, endpoints, {
      version,
      prefix: this.#rpcPrefix,
      metadata: { component: component.name },
      ...(description !== undefined && { description }),
    });
    this.#services.push(service);
    this.#undo.push(() => service.stop());
  }

  async #register(component: AnyComponent): Promise<void> {
    const hooks = this.#parts.get(component)!.hooks ?? [];
    const manifest = manifestOf(component, hooks);
    const registration = await register(this.#nc, manifest, this.#place(component));
    this.#undo.push(() => registration[Symbol.asyncDispose]());
  }
}
