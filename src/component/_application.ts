import type { Connection } from "../connection/mod.ts";
import {
  createConsumer,
  createPublisher,
  ensureConsumer,
  ensureStream,
  type HookDefinition,
} from "../consumers/mod.ts";
import { getLogger, inNamespace, resourceName } from "../core/mod.ts";
import { openBucket } from "../kv/mod.ts";
import {
  type Client,
  createClient,
  createEndpoints,
  type Implementation,
  localTransport,
  natsTransport,
  serveEndpoints,
  type Service,
  type ServiceContract,
  serviceInfo,
  type Transport,
} from "../services/mod.ts";
import { declaredHooks, hooksOf } from "./_component_hooks.ts";
import type { AnyAppOptions } from "./app_options.ts";
import type { AnyComponent, AnyParts, Component } from "./component.ts";
import { type ComponentPlace, createComponentKv, openRecords } from "./component_kv.ts";
import { createComponentLocks } from "./component_locks.ts";
import { readConfig } from "./component_config.ts";
import type { Selection } from "./only.ts";
import { manifestOf, register } from "./registry.ts";
import { namedContracts } from "./rpc_contracts.ts";
import type { Health, RunningApp, RunningHook } from "./running_app.ts";

/** A component that is set up. */
interface Made {
  readonly parts: AnyParts;
  readonly hooks: readonly HookDefinition[];
}

/** An application, from before its start until after its stop. */
export class Application implements RunningApp {
  readonly components: readonly AnyComponent[];
  readonly contracts: readonly ServiceContract[];
  readonly transport: Transport;
  readonly hooks: RunningHook[] = [];
  readonly #nc: Connection;
  readonly #options: AnyAppOptions;
  readonly #all: readonly AnyComponent[];
  readonly #setUp: readonly AnyComponent[];
  readonly #made = new Map<AnyComponent, Made>();
  readonly #local = localTransport();
  readonly #services: Service[] = [];
  /** What `stop()` does, the last one first. */
  readonly #undo: (() => PromiseLike<void> | void)[] = [];
  readonly #stopping = new AbortController();
  readonly #logger = getLogger(["component"]);
  #configs: ReadonlyMap<AnyComponent, unknown> = new Map();
  #stopped: Promise<void> | undefined;

  constructor(options: AnyAppOptions, all: readonly AnyComponent[], selection: Selection) {
    this.#nc = options.nc;
    this.#options = options;
    this.#all = all;
    this.#setUp = selection.setUp;
    this.components = all.filter((component) => selection.running.has(component));
    this.contracts = all.flatMap(({ contracts }) => contracts);
    const remote = natsTransport(this.#nc, { prefix: this.#rpcPrefix });
    this.transport = {
      unary: (request) => (this.#local.has(request.service) ? this.#local : remote).unary(request),
    };
  }

  get #rpcPrefix(): string {
    return inNamespace(this.#options.namespace, "rpc");
  }

  async start(): Promise<void> {
    await this.#readConfigs();
    await each(this.#all, (component) => this.#provideStream(component));
    await each(this.#setUp, (component) => this.#provideBucket(component));
    await each(
      this.#all,
      (component) => this.#provideConsumers(component, declaredHooks(component)),
    );
    for (const component of this.#setUp) await this.#setUpOne(component);
    await each(
      this.components,
      (component) => this.#provideConsumers(component, this.#made.get(component)!.hooks),
    );
    await each(this.components, (component) => this.#startHooks(component));
    await each(this.components, (component) => this.#serve(component));
    await each(this.components, (component) => this.#register(component));
  }

  client<S extends ServiceContract>(contract: S): Client<S> {
    return createClient(this.transport, contract);
  }

  shared<Shared>(component: Component<Shared>): Shared {
    const made = this.#made.get(component);
    if (made === undefined) {
      throw new TypeError(`Cannot reach component ${component.name}: it does not run here`);
    }
    return made.parts.shared as Shared;
  }

  health(): Health {
    const reasons = [
      ...(this.#nc.isClosed() ? ["the connection to NATS is closed"] : []),
      ...(this.#stopping.signal.aborted ? ["the application is stopping"] : []),
      ...this.hooks.flatMap(({ consumer: { name, problem } }) =>
        problem ? [`hook ${name}: ${problem}`] : []
      ),
      ...this.#services.flatMap(({ problem }) => problem ? [problem] : []),
    ];
    return { ok: reasons.length === 0, reasons };
  }

  liveness(): Health {
    const reasons = this.#nc.isClosed() ? ["the connection to NATS is closed"] : [];
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

  async #readConfigs(): Promise<void> {
    const { config = {} } = this.#options;
    const read = this.#setUp.map(async (component) =>
      [
        component,
        await readConfig(component.name, component.config, config[component.name]),
      ] as const
    );
    this.#configs = new Map(await Promise.all(read));
  }

  async #provideStream({ name, events, stream }: AnyComponent): Promise<void> {
    if (Object.keys(events).length === 0) return;
    const { namespace } = this.#options;
    await ensureStream(this.#nc, {
      ...this.#options.stream,
      ...stream,
      name: resourceName(namespace, name),
      events: Object.values(events),
      ...(namespace !== undefined && { namespace }),
    });
  }

  async #provideBucket({ name, hasRecords, bucket }: AnyComponent): Promise<void> {
    if (!hasRecords) return;
    const settings = { ...this.#options.bucket, ...bucket };
    await openBucket(this.#nc, resourceName(this.#options.namespace, name), settings);
  }

  async #setUpOne(component: AnyComponent): Promise<void> {
    const place: ComponentPlace = {
      nc: this.#nc,
      component: component.name,
      namespace: this.#options.namespace,
      bucket: { ...this.#options.bucket, ...component.bucket },
    };
    const locks = createComponentLocks(place);
    this.#undo.push(() => locks[Symbol.asyncDispose]());
    const parts = await component.setup({
      events: this.#publishers(component),
      shared: this.#sharedWith(component),
      provided: this.#providedTo(component),
      config: this.#configs.get(component),
      kv: await openRecords(createComponentKv(place), component.kv),
      locks,
      logger: getLogger([component.name]),
      signal: this.#stopping.signal,
    });
    if (parts.dispose !== undefined) this.#undo.push(parts.dispose);
    this.#made.set(component, { parts, hooks: hooksOf(component, parts) });
  }

  #publishers({ events }: AnyComponent): object {
    const { namespace } = this.#options;
    const options = { ...(namespace !== undefined && { namespace }) };
    return Object.fromEntries(
      Object.entries(events).map(([key, event]) => [
        key,
        createPublisher(this.#nc, event, options),
      ]),
    );
  }

  #sharedWith({ uses }: AnyComponent): object {
    const shared = Object.entries(uses).map(([key, used]) => [key, this.shared(used)]);
    return Object.freeze(Object.fromEntries(shared));
  }

  #providedTo({ requires }: AnyComponent): object {
    const { provide = {} } = this.#options;
    const names = Object.keys(requires);
    return Object.freeze(Object.fromEntries(names.map((name) => [name, provide[name]])));
  }

  #place(component: AnyComponent): { component: string; namespace?: string } {
    const { namespace } = this.#options;
    return { component: component.name, ...(namespace !== undefined && { namespace }) };
  }

  async #provideConsumers(
    component: AnyComponent,
    hooks: readonly HookDefinition[],
  ): Promise<void> {
    const durable = hooks.filter(({ durable }) => durable);
    await each(durable, (hook) => ensureConsumer(this.#nc, hook, this.#place(component)));
  }

  async #startHooks(component: AnyComponent): Promise<void> {
    await each(this.#made.get(component)!.hooks, async (hook) => {
      const consumer = await createConsumer(this.#nc, hook, this.#place(component));
      this.hooks.push({ component: component.name, consumer });
      this.#undo.push(() => consumer.stop());
    });
  }

  async #serve(component: AnyComponent): Promise<void> {
    const { rpc } = this.#made.get(component)!.parts;
    for (const { name, contract } of namedContracts(component.rpc)) {
      const implementation = name === undefined ? rpc : (rpc as Record<string, object>)?.[name];
      await this.#serveOne(component, contract, implementation ?? {});
    }
  }

  async #serveOne(
    { name, version, description }: AnyComponent,
    contract: ServiceContract,
    implementation: object,
  ): Promise<void> {
    const endpoints = createEndpoints(contract, implementation as Implementation<ServiceContract>);
    const { typeName } = serviceInfo(contract);
    this.#local.addEndpoints(typeName, endpoints);
    const service = await serveEndpoints(this.#nc, typeName, endpoints, {
      version,
      prefix: this.#rpcPrefix,
      metadata: { component: name },
      ...(description !== undefined && { description }),
    });
    this.#services.push(service);
    this.#undo.push(() => service.stop());
  }

  async #register(component: AnyComponent): Promise<void> {
    const manifest = manifestOf(component, this.#made.get(component)!.hooks);
    const registration = await register(this.#nc, manifest, this.#place(component));
    this.#undo.push(() => registration[Symbol.asyncDispose]());
  }
}

/** Does something with each at once, waits for all, and fails as the first did. */
async function each<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<void> {
  const outcomes = await Promise.allSettled(items.map(run));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
