import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, stack } from "../../src/core/mod.ts";
import { createMutex, createRwLock, fenceKey, writeLocked } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
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
