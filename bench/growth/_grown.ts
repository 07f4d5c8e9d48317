import type { NatsConnection } from "@nats-io/nats-core";
import { createApp, defineComponent } from "../../src/component/mod.ts";
import {
  createConsumer,
  createPublisher,
  defineEvent,
  defineHook,
  ensureStream,
} from "../../src/consumers/mod.ts";
import { bytes, json } from "../../src/core/mod.ts";
import { entity, openBucket } from "../../src/kv/mod.ts";
import {
  createClient,
  defineService,
  type MethodDefinitions,
  natsTransport,
  serve,
} from "../../src/services/mod.ts";
import { PAYLOAD } from "../services/_contract.ts";

/** So many of something, started. */
export interface Grown {
  /** Uses one of them. */
  use(index: number): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts so many of something on one connection, to be used through another. */
export type Grow = (owner: NatsConnection, user: NatsConnection, count: number) => Promise<Grown>;

/** What grows. */
export const GROWN: Readonly<Record<string, Grow>> = {
  methods: growMethods,
  hooks: growHooks,
  keys: growKeys,
  components: growComponents,
};

const METHOD = { input: bytes, output: bytes };
const echo = (request: Uint8Array): Uint8Array => request;

/** Makes as many as are wanted. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** The methods of one service; one is called. */
async function growMethods(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  const methods: Record<string, MethodDefinitions[string]> = Object.fromEntries(
    times(count, (index) => [`m${index}`, METHOD]),
  );
  const contract = defineService("growth.v1.GrowthService", methods);
  const handlers = Object.fromEntries(Object.keys(methods).map((name) => [name, echo]));
  const service = await serve(owner, contract, handlers);
  const client = createClient(natsTransport(user), contract);
  return { use: (index) => client[`m${index}`]!(PAYLOAD), stop: () => service.stop() };
}

/** The hooks of one event, each for a subject of its own; one event is published and handled. */
async function growHooks(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  await ensureStream(owner, { name: "growth", subjects: ["growth.*"], storage: "memory" });
  const codec = json<{ key: string }>();
  let onHandled = () => {};
  const consumers = await Promise.all(times(count, (index) => {
    const hook = defineHook(
      { subject: `growth.h${index}`, codec },
      { name: `h${index}` },
      () => Promise.resolve(onHandled()),
    );
    return createConsumer(owner, hook, { component: "growth" });
  }));
  const publisher = createPublisher(user, defineEvent(codec, { subject: "growth.{key}" }));
  return {
    async use(index) {
      const handled = new Promise<void>((resolve) => onHandled = resolve);
      await publisher.publish({ key: `h${index}` });
      await handled;
    },
    stop: async () => void await Promise.all(consumers.map((consumer) => consumer.stop())),
  };
}

/** A watch for each key; one key is written and seen. */
async function growKeys(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  const template = { key: "item.{id}", codec: bytes } as const;
  const items = entity(await openBucket(owner, "growth", { storage: "memory" }), template);
  const writer = entity(await openBucket(user, "growth", { storage: "memory" }), template);
  const ending = new AbortController();
  let onSeen = () => {};
  const loops: Promise<void>[] = [];
  await Promise.all(times(count, (index) =>
    new Promise<void>((resolve) => {
      const watch = items.watch({ id: `${index}` }, { signal: ending.signal });
      loops.push(follow(watch, resolve, () => onSeen()));
    })));
  return {
    async use(index) {
      const seen = new Promise<void>((resolve) => onSeen = resolve);
      await writer.put({ id: `${index}` }, PAYLOAD);
      await seen;
    },
    async stop() {
      ending.abort();
      await Promise.all(loops);
    },
  };
}

async function follow(
  watch: AsyncIterable<{ type: string }>,
  onReady: () => void,
  onEntry: () => void,
): Promise<void> {
  for await (const { type } of watch) {
    if (type === "ready") onReady();
    else onEntry();
  }
}

/** Components with one method each; one is called. */
async function growComponents(
  owner: NatsConnection,
  user: NatsConnection,
  count: number,
): Promise<Grown> {
  const contracts = times(
    count,
    (index) => defineService(`growth.v1.Service${index}`, { echo: METHOD }),
  );
  const components = contracts.map((rpc, index) =>
    defineComponent({
      name: `c${index}`,
      version: "1.0.0",
      rpc,
      setup: () => ({ rpc: { echo } }),
    })
  );
  const app = await createApp({ nc: owner, components }).start();
  const transport = natsTransport(user);
  const clients = contracts.map((contract) => createClient(transport, contract));
  return { use: (index) => clients[index]!.echo(PAYLOAD), stop: () => app.stop() };
}
