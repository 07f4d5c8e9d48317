import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { createApp, type Registry, registry, type RegistryEvent } from "../../src/component/mod.ts";
import { deadLetters } from "../../src/consumers/mod.ts";
import { createClient, natsTransport } from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { spawnScript } from "../_support/spawn_script.ts";
import { startWorld, type World } from "../_support/world.ts";
import { parcel } from "./_parcel.ts";
import { BillService, ParcelService } from "./_parcels.ts";

const SCRIPT = new URL("./app_process.ts", import.meta.url);

function start(world: World, ttlMs: number, ...names: string[]) {
  const args = [world.server.url, world.namespace, String(ttlMs), ...names];
  return spawnScript(SCRIPT, { args });
}

test("a hook gets events of a component in another process, of which it knows the event alone", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  await using publishing = start(world, 30_000, "parcel");
  await publishing.line("ready");
  await using hooking = start(world, 30_000, "bill");
  await hooking.line("ready");
  const transport = natsTransport(nc, { prefix: `${namespace}.rpc` });
  const parcels = createClient(transport, ParcelService);
  for (let n = 0; n < 20; n++) await parcels.send({ id: `p${n}` });
  const bills = createClient(transport, BillService);
  await eventually(async () => assert.equal(await bills.count(null), 20));
  assert.equal(await deadLetters(nc, "bill", namespace).count(), 0);
});

/** What a watch has given so far, without end. */
function collect(components: Registry, signal: AbortSignal): RegistryEvent[] {
  const events: RegistryEvent[] = [];
  const run = async () => {
    for await (const event of components.watch({ signal })) events.push(event);
  };
  void run();
  return events;
}

test("registry() forgets a process that is killed, after the time that its manifest tells", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const components = registry(nc, { namespace });
  const watching = new AbortController();
  const events = collect(components, watching.signal);
  const types = () => events.map(({ type }) => type);
  await eventually(() => assert.deepEqual(types(), ["ready"]));
  await using other = start(world, 5_000, "parcel");
  await other.line("ready");
  await eventually(() => assert.deepEqual(types(), ["ready", "appeared"]));
  const [manifest] = await components.list();
  assert.equal(manifest!.ttlMs, 5_000);
  assert.equal(manifest!.host, hostname());
  assert.match(manifest!.runtime, /^(Deno|Bun|Node) \d+\./);
  // It outlives its time, as it reports again and again, and that is no change.
  const started = performance.now();
  await eventually(async () => {
    assert.ok(performance.now() - started > 6_500);
    assert.equal((await components.list()).length, 1);
  });
  assert.equal(types().includes("changed"), false);
  other.kill("SIGKILL");
  await other.exited;
  await eventually(async () => {
    assert.equal(types().at(-1), "gone");
    assert.deepEqual(await components.list(), []);
  });
  watching.abort();
});

test("onSignals() stops an application in order", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await using other = start(world, 30_000, "parcel", "bill");
    await other.line("ready");
    assert.equal((await registry(nc, { namespace }).list()).length, 2);
    other.kill(signal);
    await other.line(`stopped by ${signal}`);
    assert.deepEqual(await other.exited, { code: 0, signal: null });
    assert.deepEqual(await registry(nc, { namespace }).list(), []);
  }
});

test("events wait for a declared hook whose process has not started yet", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const { bill } = await import("./_bill.ts");
  const options = { nc, components: [parcel, bill], namespace } as const;
  {
    await using app = await createApp({ ...options, only: ["parcel"] }).start();
    await app.client(ParcelService).send({ id: "early" });
  }
  await using app = await createApp({ ...options, only: ["bill"] }).start();
  await eventually(async () => assert.equal(await app.client(BillService).count(null), 1));
});
