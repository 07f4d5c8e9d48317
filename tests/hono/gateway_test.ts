import assert from "node:assert/strict";
import { Hono } from "hono";
import { test } from "node:test";
import { createApp, type Manifest, registry, type RegistryEvent } from "../../src/component/mod.ts";
import { resourceName } from "../../src/core/mod.ts";
import { createGateway, type Gateway, type GatewayOptions, rest, rpc } from "../../src/hono/mod.ts";
import { openapi } from "../../src/hono/openapi.ts";
import { openBucket } from "../../src/kv/mod.ts";
import { localTransport, natsTransport } from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { spawnScript } from "../_support/spawn_script.ts";
import { startWorld, type World } from "../_support/world.ts";
import { DelayService, GET_AIRPORT, post } from "./_delays.ts";
import { ShopService } from "./_shop.ts";
import { shopComponent, shopDescriptors } from "./_shop_versions.ts";

const GET_BOOK = "/shop.v1.ShopService/GetBook";
const FIND_BOOK = "/shop.v1.ShopService/FindBook";

function gatewayIn({ nc, namespace }: World, options: Partial<GatewayOptions> = {}): Gateway {
  const transport = natsTransport(nc, { prefix: `${namespace}.rpc` });
  return createGateway(registry(nc, { namespace }), { transport, ...options });
}

/** Asks for the book `7`; gives the status, and its name if it is there. */
function asking(gateway: Gateway) {
  const app = new Hono().route("/", rpc(gateway)).route("/", rest(gateway));
  return async (path: string): Promise<string> => {
    const response = await app.request(path, path.includes("Shop") ? post('{"name":"7"}') : {});
    return response.status === 200 ? (await response.json()).name : String(response.status);
  };
}

function startShop({ server, namespace }: World, version: string) {
  const script = new URL("./shop_process.ts", import.meta.url);
  return spawnScript(script, { args: [server.url, namespace, version] });
}

test("createGateway() serves a component of another process, until it dies, and its next contract", async () => {
  await using world = await startWorld();
  await using gateway = gatewayIn(world);
  await gateway.ready;
  const ask = asking(gateway);
  assert.equal(await ask(GET_BOOK), "404");
  await using first = startShop(world, "1.0.0");
  await first.line("ready");
  await eventually(async () => assert.equal(await ask(GET_BOOK), "1.0.0 7"));
  assert.equal(await ask("/v1/books/7"), "1.0.0 7");
  assert.equal(await ask("/shop.v1.ShopService/CountBooks"), "404");
  assert.deepEqual(Object.keys(openapi(gateway).paths), [
    GET_BOOK,
    "/v1/shelves/{name_1}/books/{name_2}",
    "/v1/books/{name}",
  ]);

  first.kill("SIGKILL");
  await eventually(async () => assert.equal(await ask(GET_BOOK), "404"), { timeoutMs: 30_000 });
  assert.equal(await ask("/v1/books/7"), "404");

  await using second = startShop(world, "2.0.0");
  await second.line("ready");
  await eventually(async () => assert.equal(await ask(FIND_BOOK), "2.0.0 7"));
  assert.equal(await ask("/v1/books/7"), "2.0.0 7");
  assert.equal(await ask(GET_BOOK), "404");
});

test("createGateway() serves two versions at once, each as long as it runs", async () => {
  await using world = await startWorld();
  await using old = startShop(world, "1.0.0");
  await old.line("ready");
  await using gateway = gatewayIn(world);
  await gateway.ready;
  const ask = asking(gateway);
  assert.equal(await ask(GET_BOOK), "1.0.0 7");
  await using now = startShop(world, "2.0.0");
  await now.line("ready");
  await eventually(async () => assert.equal(await ask(FIND_BOOK), "2.0.0 7"));
  assert.equal(await ask(GET_BOOK), "1.0.0 7");
  // One that stops by itself says so.
  old.kill("SIGTERM");
  await eventually(async () => assert.equal(await ask(GET_BOOK), "404"));
  assert.equal(await ask(FIND_BOOK), "2.0.0 7");
});

/** A manifest of a component that does not run here, written by hand. */
function manifestOf(component: string, changes: Partial<Manifest>): Manifest {
  const nothing = { rpc: [], events: [], hooks: [], streams: [], buckets: [] };
  const started = { runtime: "unknown", startedAt: "2026-01-01T00:00:00.000Z", ttlMs: 30_000 };
  return { component, version: "1.0.0", instance: component, ...nothing, ...started, ...changes };
}

async function openRegistry({ nc, namespace }: World) {
  const [manifests, descriptors] = await Promise.all(
    ["registry", "descriptors"].map((name) => openBucket(nc, resourceName(namespace, name))),
  );
  return {
    put: (manifest: Manifest) =>
      manifests!.write(
        `${manifest.component}.${manifest.instance}`,
        new TextEncoder().encode(JSON.stringify(manifest)),
      ),
    descriptors: descriptors!,
  };
}

test("createGateway() serves the others where one describes itself wrongly", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  await using gateway = gatewayIn(world, { expose: () => true });
  const ask = asking(gateway);
  await using _app = await createApp({ nc, namespace, components: [shopComponent("1.0.0")] })
    .start();
  await eventually(async () => assert.equal(await ask(GET_BOOK), "1.0.0 7"));
  const written = await openRegistry(world);
  await written.descriptors.write("garbage", new Uint8Array([255, 1, 2]));
  const [shop] = await registry(nc, { namespace }).list();
  const { rpc } = shop!;
  await written.put(manifestOf("a", { rpc, version: "9.0.0", descriptors: "garbage" }));
  await written.put(manifestOf("b", { rpc, version: "9.0.0", descriptors: "missing" }));
  await written.put(manifestOf("c", { rpc }));
  await written.put(manifestOf("d", { rpc: 7 as unknown as Manifest["rpc"], descriptors: "good" }));
  // What comes after them is served all the same, and what was not there at first when it is.
  await written.descriptors.write("good", shopDescriptors());
  const other = {
    service: ShopService.typeName,
    methods: [{ ...rpc[0]!.methods[0]!, name: "GetBook" }],
  };
  await written.put(manifestOf("e", { rpc: [other], version: "8.0.0", descriptors: "good" }));
  await eventually(async () => {
    const names = (await registry(nc, { namespace }).list()).map(({ component }) => component);
    assert.deepEqual(names, ["a", "b", "c", "d", "e", "shop"]);
    assert.equal(await ask(GET_BOOK), "1.0.0 7");
  });
  await written.descriptors.write(
    "missing",
    shopDescriptors(({ method }) => {
      method.find(({ name }) => name === "OrderBook")!.options = undefined;
    }),
  );
  // Version 9 counts now, whose descriptor has no route for it.
  await eventually(() => {
    const routes = Object.keys(openapi(gateway).paths);
    assert.ok(!routes.includes("/v1/books/{name}:order"), routes.join());
    assert.ok(routes.includes("/v1/books/{name}"), routes.join());
  });
  assert.equal(await ask(GET_BOOK), "1.0.0 7");
});

test("createGateway() goes on after a failure of its watch, without what went meanwhile", async () => {
  const bytes = shopDescriptors();
  const methods = [{ name: "GetBook", subject: "", contentTypes: [], noSideEffects: true }];
  const rpcOfShop = [{ service: ShopService.typeName, methods }];
  const shop = manifestOf("shop", { rpc: rpcOfShop, descriptors: "1" });
  const gone = manifestOf("gone", {
    rpc: [{ service: DelayService.typeName, methods: [] }],
  });
  let watches = 0;
  let fails = 1;
  await using gateway = createGateway({
    async *watch({ signal } = {}): AsyncGenerator<RegistryEvent> {
      watches++;
      yield { type: "appeared", manifest: shop };
      if (watches === 1) {
        yield { type: "appeared", manifest: gone };
        throw new Error("no permission");
      }
      yield { type: "ready" };
      await new Promise((resolve) => signal!.addEventListener("abort", resolve));
    },
    descriptors: () =>
      fails-- > 0 ? Promise.reject(new Error("no answer")) : Promise.resolve(bytes),
  }, { transport: localTransport() });
  await gateway.ready;
  assert.equal(watches, 2);
  await eventually(() =>
    assert.deepEqual(gateway.contracts.map((c) => c.typeName), [
      ShopService.typeName,
    ])
  );
});

test("createGateway() ends with its signal", async () => {
  await using world = await startWorld();
  const controller = new AbortController();
  const gateway = gatewayIn(world, { signal: controller.signal });
  controller.abort();
  await gateway.ready;
  await gateway[Symbol.asyncDispose]();
  const late = gatewayIn(world, { signal: controller.signal });
  await late.ready;
  assert.deepEqual(late.contracts, []);
  await late[Symbol.asyncDispose]();
});

test("rpc() and rest() follow a source whose contracts change", async () => {
  const source = {
    contracts: [ShopService] as readonly (typeof ShopService | typeof DelayService)[],
    transport: localTransport(),
    isLive: true,
  };
  const app = new Hono().route("/", rpc(source)).route("/", rest(source));
  assert.equal((await app.request("/v1/books/7")).status, 503);
  source.contracts = [DelayService];
  assert.equal((await app.request("/v1/books/7")).status, 404);
  assert.equal((await app.request(GET_BOOK, post())).status, 404);
  assert.equal((await app.request(GET_AIRPORT, post())).status, 503);
});
