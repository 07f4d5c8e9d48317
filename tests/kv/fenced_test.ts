import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "../../src/core/mod.ts";
import { createRwLock, entity, fenced, openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { faultyPublishes } from "./_faulty_publishes.ts";
import { openLocksBucket } from "./_locks_bucket.ts";

interface Order {
  shipped: boolean;
  by: string;
}

async function openOrders(nc: World["nc"]) {
  const bucket = await openBucket(nc, "orders", { storage: "memory" });
  return fenced(entity(bucket, { key: "order.{id}", codec: json<Order>() }));
}

const SEVEN = { id: "7" };

function by(name: string, shipped = false): Order {
  return { shipped, by: name };
}

test("fenced(): a write with an older fence than the newest is refused", async () => {
  await using world = await startWorld();
  const orders = await openOrders(world.nc);
  await orders.put(SEVEN, by("Ada"), 5n);
  await orders.put(SEVEN, by("Ada again"), 5n);
  await orders.put(SEVEN, by("Bo"), 9n);
  const stale = {
    name: "StaleFenceError",
    code: "failed_precondition",
    fence: 5n,
    newest: 9n,
    message: "Cannot put order.7 as its fence must be at least 9: current value is 5",
  };
  await assert.rejects(orders.put(SEVEN, by("Ada"), 5n), stale);
  await assert.rejects(orders.modify(SEVEN, () => by("Ada"), 5n), stale);
  await assert.rejects(orders.delete(SEVEN, 5n), { name: "StaleFenceError" });
  assert.equal((await orders.get(SEVEN))?.value.by, "Bo");
  assert.equal(await orders.fenceOf(SEVEN), 9n);
  assert.equal(await orders.fenceOf({ id: "8" }), undefined);
});

test("fenced(): the entity reads what was written; a deletion keeps the fence", async () => {
  await using world = await startWorld();
  const orders = await openOrders(world.nc);
  const saved = await orders.put(SEVEN, by("Ada"), 5n);
  const entry = await orders.entity.get(SEVEN);
  assert.deepEqual([entry?.value, entry?.revision], [by("Ada"), saved.revision]);
  await orders.delete(SEVEN, 6n);
  assert.equal(await orders.get(SEVEN), undefined);
  await assert.rejects(orders.put(SEVEN, by("Ada"), 5n), { newest: 6n });
  const seen: (Order | undefined)[] = [];
  await orders.modify(SEVEN, (order) => {
    seen.push(order);
    return by("Bo");
  }, 6n);
  assert.deepEqual(seen, [undefined]);
  assert.equal(await orders.modify({ id: "8" }, () => undefined, 1n), undefined);
});

test("fenced(): no change is lost among many writers", async () => {
  await using world = await startWorld();
  const both = [await openOrders(world.nc), await openOrders(await world.connect())];
  await Promise.all(
    Array.from(
      { length: 20 },
      (_, index) => both[index % 2]!.modify(SEVEN, (order) => by(`${order?.by ?? ""}.`), 3n),
    ),
  );
  assert.equal((await both[0]!.get(SEVEN))?.value.by, ".".repeat(20));
});

test("fenced(): a write whose acknowledgement is lost counts once", async () => {
  await using world = await startWorld();
  const { nc, fail } = faultyPublishes(await world.connect());
  const bucket = await openBucket(nc, "orders", { storage: "memory" });
  const write = bucket.write.bind(bucket);
  bucket.write = (key, value, options) => write(key, value, { ...options, timeoutMs: 200 });
  const orders = fenced(entity(bucket, { key: "order.{id}", codec: json<Order>() }));
  fail(/^\$KV/);
  const change = (order?: Order) => by(`${order?.by ?? ""}.`);
  assert.equal((await orders.modify(SEVEN, change, 3n))?.value.by, ".");
  assert.equal((await orders.modify(SEVEN, change, 3n))?.value.by, "..");
});

test("fenced(): refuses a fence that is none", async () => {
  await using world = await startWorld();
  const orders = await openOrders(world.nc);
  for (const fence of [-1n, 7 as unknown as bigint, undefined as unknown as bigint]) {
    await assert.rejects(orders.put(SEVEN, by("Ada"), fence), {
      code: "invalid_argument",
      message: /^Cannot put order\.7 as its fence must be a bigint: current value is /,
    });
  }
});

test("fenced(): a process that slept through the end of its lease can do no harm", async () => {
  await using world = await startWorld();
  const orders = await openOrders(world.nc);
  await using others = createRwLock(await openLocksBucket(await world.connect()));
  const sleeping = await world.connect();
  const lock = createRwLock(await openLocksBucket(sleeping), { ttlMs: 4_000 });
  const lost = await lock.acquire("order.7");
  const { fence } = lost;
  // As good as asleep: it cannot renew.
  await sleeping.close();
  await eventually(() => assert.equal(lost.signal.aborted, true));
  await others.withWrite("order.7", async (handle) => {
    await orders.put(SEVEN, by("the next"), handle.fence);
  });
  await assert.rejects(orders.put(SEVEN, by("the sleeper"), fence), { name: "StaleFenceError" });
  assert.equal((await orders.get(SEVEN))?.value.by, "the next");
});
