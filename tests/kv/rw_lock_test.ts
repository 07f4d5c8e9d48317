import assert from "node:assert/strict";
import { test } from "node:test";
import { type Context, createContext, stack } from "../../src/core/mod.ts";
import {
  createRwLock,
  fenceKey,
  type LockDocument,
  type LockHandle,
  type LocksOptions,
  openBucket,
  readLocked,
  writeLocked,
} from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { faultyPublishes } from "./_faulty_publishes.ts";
import { startWorld, type World } from "../_support/world.ts";

async function openLocks(nc: World["nc"], options?: LocksOptions) {
  const bucket = await openBucket(nc, "locks", { republish: true, storage: "memory" });
  return createRwLock(bucket, options);
}

/** Who waits for, or holds, the lock `a`, as it is stored. */
async function stored(world: World): Promise<Pick<LockDocument, "h" | "q">> {
  const bucket = await openBucket(world.nc, "locks");
  const entry = await bucket.get("lock.YQ");
  return JSON.parse(new TextDecoder().decode(entry?.value));
}

async function queueHas(world: World, length: number): Promise<void> {
  await eventually(async () => assert.equal((await stored(world)).q.length, length));
}

test("RwLock: readers share, a writer has it alone", async () => {
  await using world = await startWorld();
  await using ours = await openLocks(world.nc);
  await using theirs = await openLocks(await world.connect());
  const readers = [await ours.acquire("a", { mode: "read" })];
  readers.push(await theirs.acquire("a", { mode: "read" }));
  assert.equal(await theirs.tryAcquire("a"), null);
  assert.equal((await theirs.tryAcquire("b"))?.mode, "write");
  let isWriting = false;
  const writing = ours.withWrite("a", () => {
    isWriting = true;
  });
  await queueHas(world, 1);
  assert.equal(await theirs.tryAcquire("a", { mode: "read" }), null);
  await readers[0]!.release();
  assert.equal((await stored(world)).h.length, 1);
  assert.equal(isWriting, false);
  await readers[1]!.release();
  await writing;
  assert.deepEqual(await stored(world), { v: 1, s: {}, h: [], q: [] });
});

test("RwLock: first come, first served", async () => {
  await using world = await startWorld();
  const connections = await Promise.all([1, 2, 3].map(() => world.connect()));
  const locks = await Promise.all(connections.map((nc) => openLocks(nc)));
  const first = await locks[0]!.acquire("a");
  const order: number[] = [];
  const waits: Promise<void>[] = [];
  for (let index = 0; index < 6; index++) {
    waits.push(locks[index % 3]!.withWrite("a", () => void order.push(index)));
    await queueHas(world, index + 1);
  }
  await first.release();
  await Promise.all(waits);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
});

test("RwLock: writers exclude each other, and fences grow", async () => {
  await using world = await startWorld();
  const connections = await Promise.all([1, 2, 3].map(() => world.connect()));
  const locks = await Promise.all(connections.map((nc) => openLocks(nc)));
  let inside = 0;
  const fences: bigint[] = [];
  const contend = (lock: typeof locks[number]) =>
    lock.withWrite("a", async ({ fence }) => {
      assert.equal(++inside, 1);
      fences.push(fence);
      await world.nc.flush();
      inside--;
    });
  await Promise.all(Array.from({ length: 60 }, (_, index) => contend(locks[index % 3]!)));
  assert.equal(fences.length, 60);
  assert.ok(fences.every((fence, index) => index === 0 || fence > fences[index - 1]!));
});

test("RwLock.acquire() ends with its signal or timeout, and takes its ticket back", async () => {
  await using world = await startWorld();
  await using locks = await openLocks(world.nc);
  await using others = await openLocks(await world.connect());
  const holder = await others.acquire("a");
  const controller = new AbortController();
  const canceled = assert.rejects(locks.acquire("a", { signal: controller.signal }), {
    code: "canceled",
    message: 'Cannot acquire write lock "a": canceled',
  });
  await queueHas(world, 1);
  controller.abort();
  await canceled;
  await queueHas(world, 0);
  await assert.rejects(locks.acquire("a", { mode: "read", timeoutMs: 50 }), {
    code: "deadline_exceeded",
    message: 'Cannot acquire read lock "a" within 50 ms',
  });
  await assert.rejects(locks.acquire("a", { signal: AbortSignal.timeout(10) }), {
    code: "deadline_exceeded",
  });
  await assert.rejects(locks.acquire("a", { signal: AbortSignal.abort() }), { code: "canceled" });
  await queueHas(world, 0);
  await holder.release();
  await (await locks.acquire("a")).release();
});

test("RwLock: a holder that crashes is evicted after its lease", async () => {
  await using world = await startWorld();
  await using locks = await openLocks(world.nc);
  const crashing = await world.connect();
  const lost = await (await openLocks(crashing)).acquire("a", { ttlMs: 4_000, owner: "crashing" });
  assert.equal((await stored(world)).h[0]![4], "crashing");
  await crashing.close();
  const startedAt = performance.now();
  const handle = await locks.acquire("a");
  const waitedMs = performance.now() - startedAt;
  // Not sooner than after a lease without a sign of life, by the clock of the one who waits.
  assert.ok(waitedMs > 3_600, `waited ${waitedMs} ms`);
  assert.equal(lost.signal.aborted, true);
  assert.equal(handle.signal.aborted, false);
  await handle.release();
  await lost.release();
});

test("RwLock: a lease is renewed for as long as the lock is held or waited for", async () => {
  await using world = await startWorld();
  await using locks = await openLocks(world.nc, { ttlMs: 6_000 });
  await using others = await openLocks(await world.connect(), { ttlMs: 6_000 });
  const handle = await locks.acquire("a");
  await assert.rejects(others.acquire("a", { timeoutMs: 7_500 }), { code: "deadline_exceeded" });
  handle.assertHeld();
  assert.equal(handle.signal.aborted, false);
  await handle.release();
});

test("LockHandle: a lost lease aborts the signal", async () => {
  await using world = await startWorld();
  const connection = await world.connect();
  const handle = await (await openLocks(connection)).acquire("a", { ttlMs: 4_000 });
  assert.ok(handle.fence > 0n);
  await connection.close();
  await eventually(() => assert.equal(handle.signal.aborted, true));
  const lost = {
    name: "LockLostError",
    code: "aborted",
    message: 'Lost lock "a": it could not be renewed within three quarters of 4000 ms',
  };
  assert.throws(() => handle.signal.throwIfAborted(), lost);
  assert.throws(() => handle.assertHeld(), lost);
  assert.throws(() => handle.fence, lost);
  await handle.release();
});

test("LockHandle: one that was taken for dead hears of it", async () => {
  await using world = await startWorld();
  await using locks = await openLocks(world.nc, { ttlMs: 6_000 });
  const handle = await locks.acquire("a");
  const bucket = await openBucket(world.nc, "locks");
  const free = new TextEncoder().encode(JSON.stringify({ v: 1, s: {}, h: [], q: [] }));
  await bucket.write("lock.YQ", free);
  await eventually(() => assert.equal(handle.signal.aborted, true));
  assert.match(
    String(handle.signal.reason),
    /another process took this one for dead, or released it by force/,
  );
  await handle.release();
});

test("RwLock: a write whose acknowledgement is lost counts once", async () => {
  await using world = await startWorld();
  const { nc, fail } = faultyPublishes(await world.connect());
  await using locks = await openLocks(nc, { ttlMs: 6_000 });
  fail(/^\$KV/);
  const handle = await locks.acquire("a");
  const { h, q } = await stored(world);
  assert.deepEqual([h.length, q.length], [1, 0]);
  fail(/^\$KV/);
  await handle.release();
  await eventually(async () => assert.deepEqual((await stored(world)).h, []));
  fail(/^\$KV/, () => {});
  await (await locks.acquire("a")).release();
  assert.deepEqual((await stored(world)).h, []);
});

test("RwLock: a claim that was given up cannot come into the document late", async () => {
  await using world = await startWorld();
  const { nc, fail } = faultyPublishes(await world.connect());
  await using locks = await openLocks(nc, { ttlMs: 1_000 });
  let sendLate = () => {};
  fail(/^\$KV/, (send) => sendLate = send);
  await assert.rejects(locks.acquire("a", { timeoutMs: 20 }), { code: "deadline_exceeded" });
  // A lock that nobody has ever held is written, so that the write above finds another revision.
  await eventually(async () => assert.ok((await locks.inspect("a")).revision >= 1));
  sendLate();
  await nc.flush();
  const report = await locks.inspect("a");
  assert.deepEqual([report.holders, report.waiters], [[], []]);
});

test("RwLock: a ticket that could not be taken back goes with the next write", async () => {
  await using world = await startWorld();
  const { nc, fail } = faultyPublishes(await world.connect());
  await using locks = await openLocks(nc, { ttlMs: 6_000 });
  const [first, second] = [
    await locks.acquire("a", { mode: "read" }),
    await locks.acquire("a", { mode: "read" }),
  ];
  fail(/^\$KV/, () => fail(/(MSG|DIRECT)\.GET/));
  await first.release();
  await eventually(async () => assert.equal((await stored(world)).h.length, 1));
  second.assertHeld();
});

test("LockHandle.release() may be called again, and ends the use of the handle", async () => {
  await using world = await startWorld();
  await using locks = await openLocks(world.nc);
  let handle: LockHandle;
  {
    await using held = await locks.acquire("a");
    handle = held;
    await Promise.all([held.release(), held.release()]);
  }
  assert.deepEqual((await stored(world)).h, []);
  assert.throws(() => handle.assertHeld(), { code: "failed_precondition" });
  assert.throws(() => handle.fence, { message: /as it must be held: it was released$/ });
  assert.equal(handle.signal.aborted, false);
});

test("RwLock: disposing of it gives everything back", async () => {
  await using world = await startWorld();
  const controller = new AbortController();
  const locks = await openLocks(world.nc, { signal: controller.signal });
  await locks.acquire("a");
  const waiting = assert.rejects(locks.acquire("a"), { code: "canceled" });
  await queueHas(world, 1);
  controller.abort();
  await waiting;
  await locks[Symbol.asyncDispose]();
  assert.deepEqual(await stored(world), { v: 1, s: {}, h: [], q: [] });
  await assert.rejects(locks.acquire("a"), { code: "failed_precondition" });
});

test("createRwLock() and acquire() refuse what is not valid", async () => {
  await using world = await startWorld();
  const plain = await openBucket(world.nc, "plain");
  assert.throws(() => createRwLock(plain), {
    code: "failed_precondition",
    message: "Cannot create locks in bucket plain as it must be opened with republish: true",
  });
  const fleeting = await openBucket(world.nc, "fleeting", { republish: true, ttlMs: 5_000 });
  assert.throws(() => createRwLock(fleeting), { message: /without ttlMs: current value is 5000$/ });
  await assert.rejects(openLocks(world.nc, { prefix: "a b" }), { code: "invalid_argument" });
  await using locks = await openLocks(world.nc);
  const cases: [name: string, options: object, message: RegExp][] = [
    ["", {}, /^Cannot acquire write lock "" as its name must be text that is not empty/],
    ["a", { ttlMs: 99 }, /^Cannot acquire write lock "a" as ttlMs must be at least 100: .+ 99$/],
    ["a", { timeoutMs: -1 }, /as timeoutMs must be at least 0: current value is -1$/],
    ["a", { mode: "both" }, /as mode must be "read" or "write": current value is "both"$/],
  ];
  for (const [name, options, message] of cases) {
    await assert.rejects(locks.acquire(name, options), { code: "invalid_argument", message });
  }
});

test("RwLock: a document that is none is an error, not a free lock", async () => {
  await using world = await startWorld();
  await using locks = await openLocks(world.nc);
  const bucket = await openBucket(world.nc, "locks");
  for (const text of ["{", "{}", '{"v":2,"s":{},"h":[],"q":[]}']) {
    await bucket.write("lock.YQ", new TextEncoder().encode(text));
    await assert.rejects(locks.acquire("a"), {
      code: "data_loss",
      message: /^Cannot read lock "a" at revision \d+ as it must be a lock of version 1$/,
    });
  }
});

test("writeLocked() and readLocked() hold the lock and put its fence into the context", async () => {
  await using world = await startWorld();
  await using locks = await openLocks(world.nc);
  const seen: (bigint | undefined)[] = [];
  const merge = async (request: { from: string; into: string }, ctx: Context) => {
    seen.push(ctx.get(fenceKey));
    assert.equal(await locks.tryAcquire(request.into), null);
    return `${request.from}>${request.into}`;
  };
  const locked = stack(merge, writeLocked(locks, (request) => request.into));
  assert.equal(await locked({ from: "a", into: "b" }, createContext()), "a>b");
  assert.equal(typeof seen[0], "bigint");
  const read = stack(
    async (key: string) => await locks.tryAcquire(key, { mode: "read" }),
    readLocked(locks, "b"),
  );
  const shared = await read("b", createContext());
  assert.equal(shared?.mode, "read");
  const ctx = createContext({ signal: AbortSignal.timeout(20) });
  await assert.rejects(async () => await locked({ from: "a", into: "b" }, ctx), {
    code: "deadline_exceeded",
  });
  await shared?.release();
});

test("writeLocked() aborts the processor's signal when the lease is lost", async () => {
  await using world = await startWorld();
  const connection = await world.connect();
  const locks = await openLocks(connection);
  const wait = async (_: string, ctx: Context) => {
    const aborted = new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    await connection.close();
    await aborted;
    return (ctx.signal.reason as Error).name;
  };
  const locked = stack(wait, writeLocked(locks, "a", { ttlMs: 4_000 }));
  assert.equal(await locked("", createContext()), "LockLostError");
});

test("LockHandle.downgrade() lets other readers in, and no writer", async () => {
  await using world = await startWorld();
  await using ours = await openLocks(world.nc);
  await using theirs = await openLocks(await world.connect());
  const handle = await ours.acquire("a");
  const { fence } = handle;
  const reading = theirs.acquire("a", { mode: "read" });
  await queueHas(world, 1);
  await handle.downgrade();
  await handle.downgrade();
  assert.equal(handle.mode, "read");
  const reader = await reading;
  assert.equal(handle.fence, fence);
  assert.equal(await theirs.tryAcquire("a"), null);
  await handle.release();
  await reader.release();
  await assert.rejects(handle.downgrade(), { code: "failed_precondition" });
});

test("LockHandle.tryUpgrade() makes a writer of the only reader, with a new fence", async () => {
  await using world = await startWorld();
  await using ours = await openLocks(world.nc);
  await using theirs = await openLocks(await world.connect());
  const handle = await ours.acquire("a", { mode: "read" });
  const other = await theirs.acquire("a", { mode: "read" });
  const { fence } = handle;
  assert.deepEqual(await Promise.all([handle.tryUpgrade(), other.tryUpgrade()]), [false, false]);
  assert.deepEqual([handle.mode, handle.fence], ["read", fence]);
  await other.release();
  // A writer that waits does not hinder it: it would wait for this one anyway.
  const writing = theirs.acquire("a");
  await queueHas(world, 1);
  assert.equal(await handle.tryUpgrade(), true);
  assert.equal(await handle.tryUpgrade(), true);
  assert.equal(handle.mode, "write");
  assert.ok(handle.fence > fence && handle.fence > 0n);
  const upgraded = handle.fence;
  await handle.release();
  const writer = await writing;
  assert.ok(writer.fence > upgraded);
  await writer.release();
});

test("LockHandle.tryUpgrade(): an upgrade whose acknowledgement is lost counts once", async () => {
  await using world = await startWorld();
  const { nc, fail } = faultyPublishes(await world.connect());
  await using locks = await openLocks(nc, { ttlMs: 6_000 });
  const handle = await locks.acquire("a", { mode: "read" });
  fail(/^\$KV/);
  assert.equal(await handle.tryUpgrade(), true);
  assert.deepEqual((await stored(world)).h.map(([, , mode]) => mode), ["write"]);
  await handle.release();
});

test("RwLock: a claim that is made while NATS is away is granted when it is back", async () => {
  const reconnect = { reconnectTimeWait: 50, maxReconnectAttempts: -1 };
  await using world = await startWorld({ connect: reconnect });
  await using locks = createRwLock(await openBucket(world.nc, "locks", { republish: true }));
  const before = await locks.acquire("a", { mode: "read" });
  await world.server.kill();
  const claim = locks.acquire("a", { mode: "read" });
  await world.server.restart();
  const after = await claim;
  before.assertHeld();
  await Promise.all([before.release(), after.release()]);
  assert.deepEqual((await locks.inspect("a")).holders, []);
});

test("RwLock: who takes no part in NATS any more is told so", async () => {
  await using world = await startWorld();
  const nc = await world.connect();
  const locks = await openLocks(nc);
  await nc.close();
  await assert.rejects(locks.acquire("a"), { code: "unavailable" });
  await assert.rejects(locks.tryAcquire("a"), { code: "unavailable" });
  await locks[Symbol.asyncDispose]();
});
