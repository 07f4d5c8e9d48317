import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { createApp, defineComponent, hookOn, registry } from "../../src/component/mod.ts";
import { defineEvent, defineHook } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { createClient, defineService, natsTransport } from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { parcel } from "./_parcel.ts";
import { ParcelService, sent } from "./_parcels.ts";

const OrderService = defineService("shop.v1.OrderService", {
  order: { input: json<{ item: string }>(), output: json<{ orders: number }>() },
});

const ordered = defineEvent(json<{ item: string }>(), { subject: "shop.ordered.{item}" });

/** A component with all four interfaces, and one that hooks and uses it. */
function createShop() {
  const log: string[] = [];
  const shop = defineComponent({
    name: "shop",
    version: "1.2.3",
    rpc: OrderService,
    events: { ordered },
    async setup({ events, kv }) {
      const total = await kv.value("total", { codec: json<number>() });
      return {
        rpc: {
          async order({ item }) {
            const { value: orders } = (await total.modify((n) => (n ?? 0) + 1))!;
            await events.ordered.publish({ item });
            return { orders };
          },
        },
        shared: { orders: async () => (await total.get())?.value ?? 0 },
        dispose: () => void log.push("shop disposed"),
      };
    },
  });
  const stock = defineComponent({
    name: "stock",
    version: "0.1.0",
    uses: { shop },
    async setup({ kv, shared }) {
      const taken = await kv.entity("taken", { key: "{item}", codec: json<number>() });
      return {
        hooks: [
          defineHook(ordered, { name: "take", key: ({ item }) => item }, async ({ item }) => {
            await taken.modify({ item }, (n) => (n ?? 0) + 1);
          }),
        ],
        shared: {
          taken: async (item: string) => (await taken.get({ item }))?.value ?? 0,
          orders: () => shared.shop.orders(),
        },
        dispose: () => void log.push("stock disposed"),
      };
    },
  });
  return { shop, stock, log };
}

test("createApp() runs RPC, event, hook, records and shared functions together", async () => {
  await using world = await startWorld();
  const { namespace } = world;
  const { shop, stock, log } = createShop();
  const app = await createApp({ nc: world.nc, components: [stock, shop], namespace }).start();
  const remote = natsTransport(await world.connect(), { prefix: `${namespace}.rpc` });
  for (const [index, transport] of [app.transport, remote].entries()) {
    const client = createClient(transport, OrderService);
    assert.deepEqual(await client.order({ item: "tea" }), { orders: index + 1 });
  }
  await eventually(async () => assert.equal(await app.shared(stock).taken("tea"), 2));
  assert.equal(await app.shared(stock).orders(), 2);
  assert.deepEqual(app.health(), { ok: true, reasons: [], warnings: [] });
  await app.stop();
  assert.deepEqual(log, ["stock disposed", "shop disposed"]);
  assert.equal(app.health().ok, false);
});

test("createApp() runs the same components in two processes as in one", async () => {
  await using world = await startWorld();
  const { namespace } = world;
  const { shop } = createShop();
  const stock = defineComponent({
    name: "stock",
    version: "0.1.0",
    async setup({ kv }) {
      const taken = await kv.value("taken", { codec: json<number>() });
      const hook = defineHook(ordered, { name: "take" }, async () => {
        await taken.modify((n) => (n ?? 0) + 1);
      });
      return { hooks: [hook], shared: { taken: async () => (await taken.get())?.value } };
    },
  });
  await using _shopApp = await createApp({ nc: world.nc, components: [shop], namespace }).start();
  const other = await world.connect();
  await using stockApp = await createApp({ nc: other, components: [stock], namespace }).start();
  const client = createClient(stockApp.transport, OrderService);
  await client.order({ item: "tea" });
  await eventually(async () => assert.equal(await stockApp.shared(stock).taken(), 1));
});

test("createApp() keeps namespaces apart", async () => {
  await using world = await startWorld();
  const [a, b] = [createShop(), createShop()];
  const options = { nc: world.nc };
  await using appA = await createApp({ ...options, components: [a.shop], namespace: "a" }).start();
  await using appB = await createApp({ ...options, components: [b.shop], namespace: "b" }).start();
  await createClient(appA.transport, OrderService).order({ item: "tea" });
  assert.equal(await appA.shared(a.shop).orders(), 1);
  assert.equal(await appB.shared(b.shop).orders(), 0);
});

test("createApp() has streams and consumers before anything is set up, and hooks before services", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const { consumers } = await jetstreamManager(nc, { checkAPI: false });
  const client = createClient(natsTransport(nc, { prefix: `${namespace}.rpc` }), ParcelService);
  const seen: unknown[] = [];
  const look = async (when: string) => {
    const found = await consumers.info(`${namespace}_parcel`, `${namespace}_watcher_note`)
      .then(({ num_waiting }) => num_waiting > 0 ? "pulls" : "is there", () => "is missing");
    const answers = await client.send({ id: when }).then(() => true, ({ code }) => code);
    seen.push([when, found, answers]);
  };
  const watcher = defineComponent({
    name: "watcher",
    version: "1.0.0",
    hooks: { note: hookOn(sent) },
    async setup({ signal }) {
      await look("setup");
      signal.addEventListener("abort", () => seen.push("abort"));
      return { hooks: { note: () => {} }, dispose: () => look("dispose") };
    },
  });
  await using app = await createApp({ nc, components: [watcher, parcel], namespace }).start();
  await eventually(async () => {
    await look("started");
    assert.deepEqual(seen.at(-1), ["started", "pulls", true]);
  });
  await app.stop();
  assert.deepEqual(seen[0], ["setup", "is there", "unavailable"]);
  assert.deepEqual(seen.slice(-2).map((one) => String(one).split(",")[0]), ["abort", "dispose"]);
  assert.equal((seen.at(-1) as unknown[])[2], "unavailable", "services stop before components");
});

test("createApp() undoes a start that fails", async () => {
  await using world = await startWorld();
  const { shop, log } = createShop();
  const broken = defineComponent({
    name: "broken",
    version: "0.1.0",
    uses: { shop },
    setup: () => Promise.reject(new Error("no database")),
  });
  await assert.rejects(createApp({ nc: world.nc, components: [shop, broken] }).start(), {
    message: "no database",
  });
  assert.deepEqual(log, ["shop disposed"]);
  await assert.rejects(
    createClient(natsTransport(world.nc), OrderService).order({ item: "tea" }),
    { code: "unavailable" },
  );
});

test("registry() lists what runs, until it stops", async () => {
  await using world = await startWorld();
  const { shop, stock } = createShop();
  const app = await createApp({ nc: world.nc, components: [shop, stock] }).start();
  const manifests = await registry(world.nc).list();
  assert.deepEqual(manifests.map(({ component, version }) => [component, version]).sort(), [
    ["shop", "1.2.3"],
    ["stock", "0.1.0"],
  ]);
  const { rpc, events } = manifests.find(({ component }) => component === "shop")!;
  assert.deepEqual(rpc.map(({ service }) => service), ["shop.v1.OrderService"]);
  assert.deepEqual(events.map(({ subject }) => subject), ["shop.ordered.{item}"]);
  await app.stop();
  assert.deepEqual(await registry(world.nc).list(), []);
});

test("createApp() says what the streams of components are like", async () => {
  await using world = await startWorld();
  const plain = defineComponent({
    name: "plain",
    version: "1.0.0",
    events: { ordered },
    setup: () => ({}),
  });
  const sold = defineEvent(json<{ item: string }>(), { subject: "shop.sold.{item}" });
  const special = defineComponent({
    name: "special",
    version: "1.0.0",
    events: { sold },
    stream: { maxAgeMs: 5_000, allowAtomic: true, allowSchedules: true },
    setup: () => ({}),
  });
  await using _app = await createApp({
    nc: world.nc,
    components: [plain, special],
    namespace: world.namespace,
    stream: { storage: "memory", maxAgeMs: 1_000 },
  }).start();
  const { streams } = await jetstreamManager(world.nc, { checkAPI: false });
  const [first, second] = await Promise.all(["plain", "special"].map(async (name) => {
    const { config } = await streams.info(`${world.namespace}_${name}`);
    return [config.subjects, config.storage, config.max_age, config.allow_atomic ?? false];
  }));
  const start = world.namespace;
  assert.deepEqual(first, [[`${start}.shop.ordered.*`], "memory", 1e9, false]);
  const subjects = [`${start}.shop.sold.*`, `${start}.schedule.shop.sold.*.*`];
  assert.deepEqual(second, [subjects, "memory", 5e9, true]);
});
