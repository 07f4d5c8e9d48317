import type { Connection } from "../connection/mod.ts";
import type { HookDefinition } from "../consumers/mod.ts";
import { getLogger, inNamespace, resourceName } from "../core/mod.ts";
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
import { checkHooks } from "./_check_clashes.ts";
import { declaredHooksOf } from "./_component_hooks.ts";
import { watchConnection } from "./_connection_watch.ts";
import { each } from "./_each.ts";
import { bucketOf, placeOf, streamOf } from "./_place.ts";
import { Provisions } from "./_provisions.ts";
import { hooksOf, isDeclared } from "./_set_up_hooks.ts";
import type { AnyAppOptions } from "./app_options.ts";
import type { AnyComponent, AnyParts, Component } from "./component.ts";
import { readConfig } from "./component_config.ts";
import { type ComponentPlace, createComponentKv, openRecords } from "./component_kv.ts";
import { createComponentLocks } from "./component_locks.ts";
import type { Selection } from "./only.ts";
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
  readonly #provisions: Provisions;
  readonly #connection: ReturnType<typeof watchConnection>;
  /** What `stop()` does, the last one first. */
  readonly #undo: (() => PromiseLike<void> | void)[] = [];
  readonly #stopping = new AbortController();
  readonly #logger = getLogger(["component"]);
  /** What has ended by itself, and does not come back. */
  readonly #ended: string[] = [];
  readonly #warnings: string[] = [];
  #configs: ReadonlyMap<AnyComponent, unknown> = new Map();
  #stopped: Promise<void> | undefined;

  constructor(options: AnyAppOptions, all: readonly AnyComponent[], selection: Selection) {
    this.#nc = options.nc;
    this.#options = options;
    this.#all = all;
    this.#setUp = selection.setUp;
    this.components = all.filter((component) => selection.running.has(component));
    this.contracts = all.flatMap(({ contracts }) => contracts);
    this.#provisions = new Provisions(options.provide ?? {});
    this.#connection = watchConnection(this.#nc);
    this.#undo.push(() => this.#connection[Symbol.dispose]());
    const remote = natsTransport(this.#nc, { prefix: this.#rpcPrefix });
    this.transport = {
      unary: (request) => (this.#local.has(request.service) ? this.#local : remote).unary(request),
    };
  }

  get #rpcPrefix(): string {
    return inNamespace(this.#options.namespace, "rpc");
  }

  get #isProvisioning(): boolean {
    return this.#options.provision ?? true;
  }

  async start(): Promise<void> {
    await this.#readConfigs();
    await (this.#isProvisioning ? this.#provide() : this.#requireProvided());
    for (const component of this.#setUp) await this.#setUpOne(component);
    const hooks = this.components.flatMap((component) =>
      this.#made.get(component)!.hooks.map((hook) => ({ component, hook }))
    );
    checkHooks(hooks);
    if (this.#isProvisioning) {
      const late = hooks.filter(({ component, hook }) => !isDeclared(component, hook));
      await each(late, ({ component, hook }) => this.#provideHook(component, hook));
    }
    await each(hooks, ({ component, hook }) => this.#startHook(component, hook));
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
    const { problem } = this.#connection;
    const reasons = [
      ...(problem === undefined ? [] : [problem]),
      ...(this.#stopping.signal.aborted ? ["the application is stopping"] : []),
      ...this.#ended,
      ...this.hooks.flatMap(({ component, consumer: { name, problem } }) =>
        problem ? [`hook ${name} of ${component}: ${problem}`] : []
      ),
      ...this.#services.flatMap(({ problem }) => problem ? [problem] : []),
    ];
    return { ok: reasons.length === 0, reasons, warnings: this.#currentWarnings() };
  }

  liveness(): Health {
    const reasons = [
      ...(this.#nc.isClosed() ? ["the connection to NATS is closed"] : []),
      ...this.#ended,
    ];
    return { ok: reasons.length === 0, reasons, warnings: this.#currentWarnings() };
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #currentWarnings(): string[] {
    const paused = this.hooks.flatMap(({ component, consumer: { name, paused } }) =>
      paused === undefined ? [] : [`hook ${name} of ${component} is paused (${paused})`]
    );
    return [...this.#warnings, ...paused];
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
    const read = this.#setUp.map(async (component) => {
      const { name } = component;
      return [component, await readConfig(name, component.config, config[name])] as const;
    });
    this.#configs = new Map(await Promise.all(read));
  }

  /**
   * Makes what is known before anything is set up, also for components that run elsewhere: their
   * events are kept for hooks from the first one on, whichever process starts first.
   */
  async #provide(): Promise<void> {
    await each(this.#all, async (component) => {
      const stream = streamOf(component, this.#options);
      if (stream === undefined) return;
      const { ensureStream } = await import("./_event_parts.ts");
      await ensureStream(this.#nc, stream);
    });
    await each(this.#setUp, (component) => this.#provideBucket(component));
    await each(
      declaredHooksOf(this.#all),
      ({ component, hook }) => this.#provideHook(component, hook),
    );
  }

  async #provideBucket(component: AnyComponent): Promise<void> {
    if (!component.hasRecords) return;
    const name = resourceName(this.#options.namespace, component.name);
    const { openBucket } = await import("./_record_parts.ts");
    await openBucket(this.#nc, name, bucketOf(component, this.#options));
  }

  async #provideHook(component: AnyComponent, hook: HookDefinition): Promise<void> {
    if (!hook.durable) return;
    const { ensureHook } = await import("./_event_parts.ts");
    await ensureHook(this.#nc, hook, placeOf(component, this.#options));
  }

  async #requireProvided(): Promise<void> {
    const { requireProvisioned, shown } = await import("./_provision_plan.ts");
    for (const plan of await requireProvisioned(this.#nc, this.#setUp, this.#options)) {
      this.#warn(`what is provisioned differs: ${shown(plan)}`);
    }
  }

  #warn(message: string): void {
    this.#warnings.push(message);
    this.#logger.warn("{message}", { message });
  }

  async #setUpOne(component: AnyComponent): Promise<void> {
    const place: ComponentPlace = {
      nc: this.#nc,
      component: component.name,
      namespace: this.#options.namespace,
      bucket: bucketOf(component, this.#options),
      provision: this.#isProvisioning,
    };
    const locks = createComponentLocks(place);
    this.#undo.push(() => locks[Symbol.asyncDispose]());
    const parts = await component.setup({
      events: await this.#publishers(component),
      shared: this.#sharedWith(component),
      provided: await this.#provisions.of(component, (dispose) => this.#undo.push(dispose)),
      config: this.#configs.get(component),
      kv: await openRecords(createComponentKv(place), component.kv),
      locks,
      logger: getLogger([component.name]),
      signal: this.#stopping.signal,
    });
    if (parts.dispose !== undefined) this.#undo.push(parts.dispose);
    this.#made.set(component, { parts, hooks: hooksOf(component, parts) });
  }

  async #publishers({ events }: AnyComponent): Promise<object> {
    const { namespace } = this.#options;
    const options = { ...(namespace !== undefined && { namespace }) };
    const entries = Object.entries(events);
    if (entries.length === 0) return {};
    const { createPublisher } = await import("./_event_parts.ts");
    return Object.fromEntries(
      entries.map(([key, event]) => [key, createPublisher(this.#nc, event, options)]),
    );
  }

  #sharedWith({ uses }: AnyComponent): object {
    const shared = Object.entries(uses).map(([key, used]) => [key, this.shared(used)]);
    return Object.freeze(Object.fromEntries(shared));
  }

  async #startHook(component: AnyComponent, hook: HookDefinition): Promise<void> {
    const { createConsumer } = await import("./_event_parts.ts");
    const consumer = await createConsumer(this.#nc, hook, {
      ...placeOf(component, this.#options),
      // It has just been provided.
      provide: false,
      whenDeleted: this.#isProvisioning ? "recreate" : "report",
      onStatus: ({ type }) => {
        if (type === "stopped") this.#onEnd(`hook ${hook.name} of ${component.name} has ended`);
      },
    });
    this.hooks.push({ component: component.name, consumer });
    this.#undo.push(() => consumer.stop());
  }

  #onEnd(what: string): void {
    if (!this.#stopping.signal.aborted) this.#ended.push(what);
  }

  async #serve(component: AnyComponent): Promise<void> {
    const { rpc } = this.#made.get(component)!.parts;
    await each(namedContracts(component.rpc), async ({ name, contract }) => {
      const implementation = name === undefined ? rpc : (rpc as Record<string, object>)?.[name];
      await this.#serveOne(component, contract, implementation ?? {});
    });
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
    void service.stopped.then(() => this.#onEnd(`service ${typeName} has ended`));
  }

  async #register(component: AnyComponent): Promise<void> {
    const { registry: settings = {}, namespace, bucket } = this.#options;
    if (settings === false) return;
    const { reportComponent } = await import("./_report_component.ts");
    const report = await reportComponent(this.#nc, component, {
      hooks: this.#made.get(component)!.hooks,
      namespace,
      bucket,
      ttlMs: settings.ttlMs,
      warn: (message) => this.#warn(message),
    });
    this.#undo.push(() => report[Symbol.asyncDispose]());
  }
}
