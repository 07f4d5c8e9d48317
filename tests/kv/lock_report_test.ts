import assert from "node:assert/strict";
import { test } from "node:test";
import { createRwLock } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { openLocksBucket } from "./_locks_bucket.ts";

test("RwLock.inspect() tells who holds, who waits, for how long and where", async () => {
  await using world = await startWorld();
  const bucket = await openLocksBucket(world.nc);
  await using ours = createRwLock(bucket, { process: "host-a/1234" });
  await using theirs = createRwLock(await openLocksBucket(await world.connect()), {
    process: "host-b/77",
  });
  const free = await ours.inspect("a");
  assert.deepEqual([free.revision, free.holders, free.waiters], [0, [], []]);
  assert.equal(`${free}`, '"a" in bucket locks, revision 0: free');
  const before = Date.now();
  const held = await ours.acquire("a", { owner: "shipping" });
  const waiting = theirs.acquire("a", { mode: "read", ttlMs: 20_000 });
  await eventually(async () => assert.equal((await ours.inspect("a")).waiters.length, 1));
  const report = await theirs.inspect("a");
  const [holder, waiter] = [report.holders[0]!, report.waiters[0]!];
  assert.deepEqual([holder.mode, holder.owner, holder.process, holder.ttlMs], [
    "write",
    "shipping",
    "host-a/1234",
    30_000,
  ]);
  assert.deepEqual([waiter.mode, waiter.owner, waiter.process, waiter.ttlMs], [
    "read",
    "",
    "host-b/77",
    20_000,
  ]);
  assert.ok(holder.since.getTime() >= before && holder.forMs >= 0);
  assert.ok(report.written!.getTime() > 0);
  assert.equal(report.bucketCreated.getTime(), bucket.created.getTime());
  assert.equal(held.bucketCreated.getTime(), bucket.created.getTime());
  const [head, first, second] = `${report}`.split("\n");
  assert.equal(head, `"a" in bucket locks, revision ${report.revision}: 1 hold, 1 wait`);
  assert.match(
    first!,
    /^ {2}holds {2}write {2}\d+\.\d s {2}shipping {2}host-a\/1234 {2}lease 30 s$/,
  );
  assert.match(second!, /^ {2}waits {2}read {3}\d+\.\d s {2}- {9}host-b\/77 {4}lease 20 s$/);
  await held.release();
  await (await waiting).release();
});

test("RwLock.inspect() names a process as the server does, unless it says how", async () => {
  await using world = await startWorld();
  const nc = await world.connect({ name: "billing" });
  await using locks = createRwLock(await openLocksBucket(nc));
  await using held = await locks.acquire("a");
  const { holders } = await locks.inspect("a");
  assert.equal(holders[0]?.process, `billing, client ${nc.info?.client_id} at 127.0.0.1`);
  held.assertHeld();
});

test("RwLock.forceRelease() takes a lock away, if it is as the report says", async () => {
  await using world = await startWorld();
  await using ours = createRwLock(await openLocksBucket(world.nc), { ttlMs: 6_000 });
  await using theirs = createRwLock(await openLocksBucket(await world.connect()));
  const held = await ours.acquire("a");
  const waiting = theirs.acquire("a");
  await eventually(async () => assert.equal((await ours.inspect("a")).waiters.length, 1));
  const { revision } = await theirs.inspect("a");
  await assert.rejects(theirs.forceRelease("a", revision - 1), {
    code: "aborted",
    message: `Cannot release lock "a" by force as its revision must be ${revision - 1}: ` +
      `current value is ${revision}`,
  });
  // A renewal may have come in between.
  await eventually(async () => {
    await theirs.forceRelease("a", (await theirs.inspect("a")).revision);
  });
  const next = await waiting;
  await eventually(() => assert.equal(held.signal.aborted, true));
  assert.throws(() => held.fence, { name: "LockLostError", lock: "a" });
  await held.release();
  next.assertHeld();
  await next.release();
  const free = await theirs.inspect("a");
  assert.equal(await theirs.forceRelease("a", free.revision), free.revision);
});
