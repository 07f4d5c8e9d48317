import assert from "node:assert/strict";
import { test } from "node:test";
import { createSemaphore } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { openLocksBucket } from "./_locks_bucket.ts";

test("Semaphore: so many hold at once, of all processes", async () => {
  await using world = await startWorld();
  const semaphores = await Promise.all(
    [world.nc, await world.connect()].map(async (nc) =>
      createSemaphore(await openLocksBucket(nc), { permits: 3 })
    ),
  );
  let [inside, most] = [0, 0];
  const uses = Array.from(
    { length: 24 },
    (_, index) =>
      semaphores[index % 2]!.withPermit("a", async () => {
        most = Math.max(most, ++inside);
        assert.ok(inside <= 3, `${inside} inside`);
        await world.nc.flush();
        inside--;
      }),
  );
  await Promise.all(uses);
  assert.ok(most > 1, `${most} at once`);
  const { holders, waiters } = await semaphores[0]!.inspect("a");
  assert.deepEqual([holders, waiters], [[], []]);
  for (const semaphore of semaphores) await semaphore[Symbol.asyncDispose]();
});

test("Semaphore: first come, first served", async () => {
  await using world = await startWorld();
  await using semaphore = createSemaphore(await openLocksBucket(world.nc), { permits: 2 });
  const held = [await semaphore.acquire("a"), await semaphore.acquire("a")];
  assert.equal(await semaphore.tryAcquire("a"), null);
  const order: number[] = [];
  const waits: Promise<void>[] = [];
  for (const index of [0, 1, 2]) {
    waits.push(semaphore.withPermit("a", () => void order.push(index)));
    await eventually(async () => {
      assert.equal((await semaphore.inspect("a")).waiters.length, index + 1);
    });
  }
  const report = await semaphore.inspect("a");
  assert.deepEqual([report.holders.length, report.limit], [2, 2]);
  await held[0]!.release();
  await Promise.all(waits);
  assert.deepEqual(order, [0, 1, 2]);
  await held[1]!.release();
});

test("Semaphore: where processes disagree about the permits, the latest counts", async () => {
  await using world = await startWorld();
  const bucket = await openLocksBucket(world.nc);
  await using old = createSemaphore(bucket, { permits: 1 });
  await using next = createSemaphore(bucket, { permits: 2 });
  const first = await old.acquire("a");
  const second = await next.tryAcquire("a");
  assert.notEqual(second, null);
  assert.equal(await old.tryAcquire("a"), null);
  first.assertHeld();
  await Promise.all([first.release(), second!.release()]);
});

test("createSemaphore() refuses permits that are none", async () => {
  await using world = await startWorld();
  const bucket = await openLocksBucket(world.nc);
  for (const permits of [0, 1.5, Number.NaN]) {
    assert.throws(() => createSemaphore(bucket, { permits }), {
      code: "invalid_argument",
      message: /^Cannot create semaphores as permits must be a whole number of at least 1/,
    });
  }
});
