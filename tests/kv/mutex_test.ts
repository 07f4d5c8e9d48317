import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, stack } from "../../src/core/mod.ts";
import { createMutex, createRwLock, fenceKey, writeLocked } from "../../src/kv/mod.ts";
import { answer } from "../connection/_answer.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { openLocksBucket } from "./_locks_bucket.ts";

test("Mutex: one at a time, first come, first served", async () => {
  await using world = await startWorld();
  await using ours = createMutex(await openLocksBucket(world.nc));
  await using theirs = createMutex(await openLocksBucket(await world.connect()));
  const first = await ours.acquire("a");
  const order: number[] = [];
  const waits = [];
  for (const [index, mutex] of [theirs, ours, theirs].entries()) {
    waits.push(mutex.withLock("a", () => void order.push(index)));
    await eventually(async () => {
      assert.equal((await ours.inspect("a")).waiters.length, index + 1);
    });
  }
  assert.equal(await theirs.tryAcquire("a"), null);
  await first.release();
  await Promise.all(waits);
  assert.deepEqual(order, [0, 1, 2]);
  const last = await theirs.tryAcquire("a");
  assert.ok(last!.fence > 0n);
  await last!.release();
});

test("Mutex: is another lock than a read-write lock of the same name", async () => {
  await using world = await startWorld();
  const bucket = await openLocksBucket(world.nc);
  await using mutex = createMutex(bucket);
  await using rw = createRwLock(bucket);
  await using shared = createMutex(bucket, { prefix: "lock" });
  const held = await mutex.acquire("a");
  const other = await rw.acquire("a", { mode: "read" });
  assert.equal(await shared.tryAcquire("a"), null);
  await Promise.all([held.release(), other.release()]);
});

test("Mutex: refuses what is not valid, and says what it is", async () => {
  await using world = await startWorld();
  await using mutex = createMutex(await openLocksBucket(world.nc));
  await assert.rejects(mutex.acquire(""), {
    code: "invalid_argument",
    message: 'Cannot acquire mutex "" as its name must be text that is not empty: ' +
      'current value is ""',
  });
  const held = await mutex.acquire("a");
  await assert.rejects(mutex.acquire("a", { timeoutMs: 20 }), {
    code: "deadline_exceeded",
    message: 'Cannot acquire mutex "a" within 20 ms',
  });
  await held.release();
});

test("writeLocked() takes a mutex too", async () => {
  await using world = await startWorld();
  await using mutex = createMutex(await openLocksBucket(world.nc));
  const locked = stack(
    async (name: string, ctx) => [await mutex.tryAcquire(name), ctx.get(fenceKey)],
    writeLocked(mutex, (name) => name),
  );
  const [taken, fence] = await locked("a", createContext());
  assert.equal(taken, null);
  assert.equal(typeof fence, "bigint");
});

/** Counts what is asked of JetStream from now on. */
async function overhear(world: World) {
  const nc = await world.connect();
  const heard = await answer(nc, "$JS.API.>", () => {});
  const count = (kind: string) =>
    heard.messages.filter(({ subject }) => subject.startsWith(`$JS.API.${kind}`)).length;
  return {
    /** How many questions of a kind there were, of all that have been answered. */
    async count(kind: string) {
      const before = count("INFO");
      await world.nc.request("$JS.API.INFO", "", { timeout: 30_000 });
      await eventually(() => assert.equal(count("INFO"), before + 1));
      return count(kind);
    },
    [Symbol.asyncDispose]: () => heard[Symbol.asyncDispose](),
  };
}

test("Mutex reads directly from a server of its own, also where another process made the bucket", async () => {
  await using world = await startWorld();
  await openLocksBucket(world.nc);
  await using questions = await overhear(world);
  await using first = createMutex(await openLocksBucket(await world.connect()));
  await using second = createMutex(await openLocksBucket(await world.connect()));
  for (const mutex of [first, second]) await mutex.withLock("a", () => {});
  assert.equal((await second.inspect("a")).holders.length, 0);
  assert.equal(await questions.count("STREAM.MSG.GET"), 0);
  assert.ok(await questions.count("DIRECT.GET") > 0);
});

test("Mutex of who made the bucket finds out that the server is on its own", async () => {
  await using world = await startWorld();
  await using questions = await overhear(world);
  await using mutex = createMutex(await openLocksBucket(await world.connect()));
  await eventually(async () => {
    await mutex.withLock(crypto.randomUUID(), () => {});
    assert.ok(await questions.count("DIRECT.GET") > 0);
  });
  const before = await questions.count("STREAM.MSG.GET");
  await mutex.withLock("b", () => {});
  assert.equal(await questions.count("STREAM.MSG.GET"), before);
});

test("Mutex asks the leader that the server does not know of a lock", async () => {
  await using world = await startWorld();
  await openLocksBucket(world.nc);
  await using mutex = createMutex(await openLocksBucket(await world.connect()));
  await using questions = await overhear(world);
  // A mirror of the bucket could say so too, of a lock that is held.
  assert.equal((await mutex.inspect("a")).revision, 0);
  assert.equal(await questions.count("STREAM.MSG.GET"), 1);
});

test("Mutex: who gives up, or closes, while its parts are loaded acquires nothing", async () => {
  await using world = await startWorld();
  const bucket = await openLocksBucket(world.nc);
  const mutex = createMutex(bucket);
  const controller = new AbortController();
  const given = mutex.acquire("a", { signal: controller.signal });
  const waiting = mutex.acquire("a");
  const trying = mutex.tryAcquire("a");
  controller.abort();
  const closing = mutex[Symbol.asyncDispose]();
  const closed = { code: "canceled", message: "Stopped waiting: the mutexes are closed" };
  await Promise.all([
    assert.rejects(given, { code: "canceled", message: 'Cannot acquire mutex "a": canceled' }),
    assert.rejects(waiting, closed),
    assert.rejects(trying, closed),
    closing,
  ]);
  await assert.rejects(mutex.acquire("a"), { code: "failed_precondition" });
  assert.equal((await mutex.inspect("a")).revision, 0);
  await using gone = createMutex(bucket, { signal: AbortSignal.abort() });
  await assert.rejects(gone.tryAcquire("a"), { code: "failed_precondition" });
});
