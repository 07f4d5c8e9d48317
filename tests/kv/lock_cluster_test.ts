import assert from "node:assert/strict";
import { test } from "node:test";
import { createRwLock, openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";

const RECONNECT = { reconnectTimeWait: 50, maxReconnectAttempts: -1 };

/** A world of three servers, with locks that are kept on all of them. */
async function startCluster(): Promise<World> {
  const world = await startWorld({ cluster: 3, connect: RECONNECT });
  await openBucket(world.nc, "locks", { republish: true, replicas: 3 });
  return world;
}

test("RwLock: a cluster that loses its leader, for good or for a while, loses no lock", async () => {
  await using world = await startCluster();
  const cluster = world.cluster!;
  const [ours, theirs] = await Promise.all(
    [world.nc, await world.connect()].map(async (nc) =>
      createRwLock(await openBucket(nc, "locks"), { ttlMs: 30_000 })
    ),
  );
  const held = await ours!.acquire("a");
  const waiting = theirs!.acquire("a");
  await eventually(async () => assert.equal((await ours!.inspect("a")).waiters.length, 1));
  const killed = await cluster.streamLeader("KV_locks");
  await killed.kill();
  // It takes the cluster some seconds to elect another one.
  await held.release();
  const next = await waiting;
  assert.equal(next.signal.aborted, false);
  await killed.restart();
  await cluster.ready();
  const frozen = await cluster.streamLeader("KV_locks");
  frozen.pause();
  // Who is connected to just that server gets no further before it goes on.
  const thawed = new Promise<void>((resolve) => {
    setTimeout(() => {
      frozen.resume();
      resolve();
    }, 2_000);
  });
  const again = ours!.acquire("a");
  await next.release();
  const last = await again;
  await thawed;
  assert.ok(last.fence > 0n);
  await last.release();
  await cluster.ready();
  await eventually(async () => assert.deepEqual((await ours!.inspect("a")).holders, []));
  await Promise.all([ours, theirs].map((locks) => locks![Symbol.asyncDispose]()));
});

test("RwLock: without a majority leases end and nothing is granted; with one it goes on", async () => {
  await using world = await startCluster();
  const [alone, ...others] = world.cluster!.servers;
  const nc = await world.connect({ servers: alone!.url, ignoreClusterUpdates: true });
  const locks = createRwLock(await openBucket(nc, "locks"), { ttlMs: 5_000 });
  const held = await locks.acquire("a");
  for (const server of others) server.pause();
  await eventually(() => assert.equal(held.signal.aborted, true));
  assert.throws(() => held.fence, { name: "LockLostError" });
  const refused = assert.rejects(locks.acquire("b", { timeoutMs: 1_000 }), {
    code: "deadline_exceeded",
  });
  await refused;
  for (const server of others) server.resume();
  await world.cluster!.ready();
  await held.release();
  const next = await locks.acquire("a");
  next.assertHeld();
  await next.release();
  await locks[Symbol.asyncDispose]();
});
