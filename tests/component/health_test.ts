import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { createApp, type RunningApp } from "../../src/component/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { withUsers } from "../_support/with_users.ts";
import { startWorld, type World } from "../_support/world.ts";
import { bill } from "./_bill.ts";
import { parcel } from "./_parcel.ts";
import { ParcelService } from "./_parcels.ts";

const WELL = { ok: true, reasons: [], warnings: [] };

async function start(world: World): Promise<RunningApp> {
  const nc = await world.connect({
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    reconnectJitter: 0,
  });
  return await createApp({ nc, components: [parcel, bill], namespace: world.namespace }).start();
}

test("RunningApp.health() tells of a lost connection, which liveness() does not mind", async () => {
  await using world = await startWorld();
  await world.nc.close();
  await using app = await start(world);
  assert.deepEqual([app.health(), app.liveness()], [WELL, WELL]);
  await world.server.kill();
  await eventually(() => {
    const { ok, reasons } = app.health();
    assert.equal(ok, false);
    assert.equal(reasons[0], "the connection to NATS is lost and not back yet");
  });
  assert.deepEqual(app.liveness(), WELL);
  await world.server.restart();
  await eventually(() => assert.deepEqual(app.health(), WELL), { timeoutMs: 30_000 });
  await app.client(ParcelService).send({ id: "after" });
});

test("RunningApp.health() and liveness() tell of a connection that is closed for good", async () => {
  await using world = await startWorld();
  const { namespace } = world;
  const nc = await world.connect();
  await using app = await createApp({ nc, components: [parcel], namespace }).start();
  await nc.close();
  for (const health of [app.health(), app.liveness()]) {
    assert.equal(health.ok, false);
    assert.equal(health.reasons[0], "the connection to NATS is closed");
  }
});

test("RunningApp.health() tells of a hook whose consumer is gone, and of one that is back", async () => {
  await using world = await startWorld();
  const { namespace } = world;
  await using app = await start(world);
  const { consumers, streams } = await jetstreamManager(world.nc, { checkAPI: false });
  const { config } = await streams.info(`${namespace}_parcel`);
  await streams.delete(`${namespace}_parcel`);
  await eventually(() => {
    const { ok, reasons } = app.health();
    assert.equal(ok, false);
    assert.match(reasons.join(), /^hook charge of bill: /);
  }, { timeoutMs: 30_000 });
  await streams.add(config);
  await eventually(() => assert.deepEqual(app.health(), WELL), { timeoutMs: 30_000 });
  await consumers.info(`${namespace}_parcel`, `${namespace}_bill_charge`);
});

test("RunningApp.health() and liveness() tell of a hook and a service that have ended", async () => {
  await using world = await startWorld();
  await using app = await start(world);
  const [{ consumer }] = app.hooks as [RunningApp["hooks"][number]];
  await consumer.pause();
  assert.deepEqual(app.health(), { ...WELL, warnings: ["hook charge of bill is paused (manual)"] });
  consumer.resume();
  await consumer.stop();
  await eventually(() => assert.deepEqual(app.health().reasons, ["hook charge of bill has ended"]));
  assert.deepEqual(app.liveness().reasons, ["hook charge of bill has ended"]);
});

test("RunningApp.health() tells of a service that may not hear", async () => {
  await using world = await startWorld({
    config: withUsers({
      deaf: 'subscribe: { deny: ["rpc.parcel.>"] }',
    }),
  });
  const nc = await world.connect({ user: "deaf", pass: "d" });
  await using app = await createApp({ nc, components: [parcel] }).start();
  await eventually(() => {
    const { ok, reasons } = app.health();
    assert.equal(ok, false);
    assert.match(reasons.join(), /^Cannot listen on rpc\.parcel\.v1\.ParcelService\.send: /);
  });
  assert.equal(app.liveness().ok, true);
});
