import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { delay } from "../../src/core/mod.ts";
import { createRwLock, type LockHandle, openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { startContender } from "./locks/_contenders.ts";
import { bundleContender, DIRECT_READS, UNCHANGED } from "./locks/_mutants.ts";
import { type NatsProxy, startNatsProxy } from "./locks/_proxy.ts";
import { runCell } from "./locks/_cell.ts";

const RECONNECT = { reconnectTimeWait: 50, maxReconnectAttempts: -1 };

/** Opens locks behind a proxy that can lose and delay single messages. */
async function openBehindProxy(world: World, ttlMs: number) {
  const proxy = await startNatsProxy(world.server.port);
  const nc = await world.connect({ servers: proxy.url, ignoreClusterUpdates: true, ...RECONNECT });
  const locks = createRwLock(await openBucket(nc, "locks", { republish: true }), { ttlMs });
  return { proxy, locks };
}

const isWrite = (line: string) => line.startsWith("HPUB $KV.");
const isAck = (payload: string) => payload.includes('{"stream":"KV_locks"');

/** Loses the next message that is meant. */
function loseOne(proxy: NatsProxy, direction: "toServer" | "toClient", wanted: RegExp): void {
  let isLost = false;
  proxy.rules = {
    [direction]({ line, payload }: { line: string; payload: string }) {
      if (isLost || !wanted.test(`${line}\n${payload}`)) return "pass";
      isLost = true;
      return "lose";
    },
  };
}

test("RwLock: acknowledgements are lost after the commit, again and again", async () => {
  await using world = await startWorld();
  const { proxy, locks } = await openBehindProxy(world, 6_000);
  try {
    let count = 0;
    proxy.rules = {
      toClient: ({ payload }) => isAck(payload) && ++count % 3 === 0 ? "lose" : "pass",
    };
    await using others = createRwLock(await openBucket(world.nc, "locks"));
    let inside = 0;
    const fences: bigint[] = [];
    const use = async ({ fence }: LockHandle) => {
      assert.equal(++inside, 1);
      fences.push(fence);
      await world.nc.flush();
      inside--;
    };
    for (let turn = 0; turn < 6; turn++) {
      await Promise.all([locks, others, locks].map((lock) => lock.withWrite("a", use)));
    }
    assert.ok(count > 6);
    assert.ok(fences.every((fence, index) => index === 0 || fence > fences[index - 1]!));
    proxy.rules = {};
    await locks[Symbol.asyncDispose]();
    const { holders, waiters } = await others.inspect("a");
    assert.deepEqual([holders, waiters], [[], []]);
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
});

test("RwLock: who waits is granted although the push is lost, and is heard although a join was", async () => {
  await using world = await startWorld();
  const { proxy, locks } = await openBehindProxy(world, 6_000);
  try {
    await using others = createRwLock(await openBucket(world.nc, "locks"));
    const held = await others.acquire("a");
    loseOne(proxy, "toServer", /^HPUB \$KV/);
    const waiting = locks.acquire("a");
    await eventually(async () => assert.equal((await others.inspect("a")).waiters.length, 1));
    proxy.rules = { toClient: ({ line }) => line.includes("shizuku.kv.") ? "lose" : "pass" };
    await held.release();
    await (await waiting).release();
    proxy.rules = {};
    await locks[Symbol.asyncDispose]();
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
});

test("RwLock: connections that break off cost no lease", async () => {
  await using world = await startWorld();
  const { proxy, locks } = await openBehindProxy(world, 10_000);
  try {
    await using others = createRwLock(await openBucket(world.nc, "locks"));
    const held = await locks.acquire("a");
    const waiting = others.acquire("a");
    for (let turn = 0; turn < 4; turn++) {
      proxy.disconnect();
      // The next one only when it is back.
      await eventually(() => held.assertHeld());
      await locks.inspect("a").catch(() => {});
    }
    held.assertHeld();
    const disconnected = held.release();
    proxy.disconnect();
    await disconnected;
    await (await waiting).release();
    await locks[Symbol.asyncDispose]();
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
});

test("RwLock: a slow holder among many who wait can renew", async () => {
  await using world = await startWorld();
  const { proxy, locks } = await openBehindProxy(world, 20_000);
  const bucket = await openBucket(world.nc, "locks");
  const others = Array.from({ length: 32 }, () => createRwLock(bucket, { ttlMs: 20_000 }));
  try {
    const held = await locks.acquire("a");
    let renewals = 0;
    proxy.rules = {
      toServer: ({ line }) => isWrite(line) ? 1_000 : "pass",
      toClient({ payload }) {
        if (isAck(payload)) renewals++;
        return "pass";
      },
    };
    const waiting: Promise<unknown>[] = [];
    // They renew every 200 ms: of writes that take a second, none would come through by chance.
    for (const other of others) {
      waiting.push(other.acquire("a").catch((error) => error.code));
      await delay(200);
    }
    await eventually(() => assert.ok(renewals > 0), { timeoutMs: 30_000 });
    held.assertHeld();
    proxy.rules = {};
    await Promise.all(others.map((other) => other[Symbol.asyncDispose]()));
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(["canceled"]));
    await held.release();
  } finally {
    await Promise.all([locks, ...others].map((each) => each[Symbol.asyncDispose]()));
    await proxy[Symbol.asyncDispose]();
  }
});

test("RwLock: a server that is started again finds holders and waiters as they were", async () => {
  await using world = await startWorld({ connect: RECONNECT });
  const bucket = await openBucket(world.nc, "locks", { republish: true });
  await using locks = createRwLock(bucket);
  const held = await locks.acquire("a");
  const waiting = locks.acquire("a");
  await eventually(async () => assert.equal((await locks.inspect("a")).waiters.length, 1));
  const { fence } = held;
  await world.server.kill();
  await world.server.restart();
  held.assertHeld();
  await held.release();
  const next = await waiting;
  assert.ok(next.fence > fence);
  await next.release();
});

test("RwLock: a process that is killed while it writes leaves its lock after its lease", async () => {
  await using world = await startWorld();
  const folder = await mkdtemp(join(tmpdir(), "shizuku-locks-"));
  await using bundle = await bundleContender(UNCHANGED);
  await using proxy = await startNatsProxy(world.server.port);
  await using locks = createRwLock(await openBucket(world.nc, "locks", { republish: true }));
  const contender = startContender(bundle.path, folder, {
    index: 0,
    incarnation: 0,
    servers: [proxy.url],
    ttlMs: 800,
    workers: 1,
    hasOwnSessions: false,
    readShare: 0,
    abortShare: 0,
    holdMs: 60_000,
    longHoldMs: 60_000,
    thinkMs: 0,
  });
  try {
    await contender.ready;
    let killed: Promise<unknown> | undefined;
    proxy.rules = {
      toServer({ line }) {
        if (isWrite(line)) killed ??= contender.kill();
        return "pass";
      },
    };
    contender.go();
    // What it wrote is done, and it will never hear of it.
    await eventually(async () => {
      assert.equal((await locks.inspect("contended")).holders[0]?.process, "contender 0.0");
    });
    await killed;
    await (await locks.acquire("contended")).release();
  } finally {
    await contender.kill();
    await rm(folder, { recursive: true });
  }
});

test("RwLock: a storm of requests that are given up leaves nothing behind", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "locks", { republish: true });
  const elsewhere = await openBucket(await world.connect(), "locks");
  const all = [createRwLock(bucket), createRwLock(elsewhere)];
  const held = await all[0]!.acquire("a");
  const storm = Array.from({ length: 200 }, (_, index) =>
    all[index % 2]!.acquire("a", {
      mode: index % 3 === 0 ? "write" : "read",
      signal: AbortSignal.timeout(index % 40),
    }).then(() => "granted", (error) => (error as { code: string }).code));
  assert.deepEqual([...new Set(await Promise.all(storm))], ["deadline_exceeded"]);
  await eventually(async () => assert.deepEqual((await all[0]!.inspect("a")).waiters, []));
  held.assertHeld();
  await held.release();
  const next = await all[1]!.tryAcquire("a");
  assert.notEqual(next, null);
  for (const locks of all) await locks[Symbol.asyncDispose]();
});

test("RwLock: reads that may be stale do no harm", async () => {
  await using bundle = await bundleContender(DIRECT_READS);
  const { violations } = await runCell({
    script: bundle.path,
    processes: 3,
    durationMs: 3_000,
    ttlMs: 3_000,
    readShare: 0.5,
    allowDirect: true,
  });
  assert.deepEqual(violations, []);
});
