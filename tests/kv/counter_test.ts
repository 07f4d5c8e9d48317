import assert from "node:assert/strict";
import { test } from "node:test";
import { counter, openBucket } from "../../src/kv/mod.ts";
import { startWorld } from "../_support/world.ts";

test("counter() adds exactly, and gives each addition its own sum", async () => {
  await using world = await startWorld();
  const connections = [world.nc, await world.connect(), await world.connect()];
  const counters = await Promise.all(
    connections.map(async (nc) => counter(await openBucket(nc, "statistics"), "orders")),
  );
  assert.equal(await counters[0]!.get(), 0n);
  const sums = await Promise.all(
    Array.from({ length: 300 }, (_, index) => counters[index % 3]!.add()),
  );
  assert.deepEqual(
    sums.map(Number).sort((left, right) => left - right),
    Array.from({ length: 300 }, (_, index) => index + 1),
  );
  assert.equal(await counters[1]!.get(), 300n);
  assert.equal(await counters[2]!.add(-301), -1n);
  assert.equal(await counters[0]!.add(2n ** 70n), 2n ** 70n - 1n);
  await counters[1]!.reset();
  assert.equal(await counters[0]!.get(), 0n);
  assert.equal(await counters[2]!.add(5), 5n);
});

test("counter() writes together what is added while a write is under way", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "statistics");
  const orders = counter(bucket, "orders");
  await orders.add();
  const before = world.nc.stats().outMsgs;
  await Promise.all(Array.from({ length: 1_000 }, () => orders.add(2)));
  assert.ok(world.nc.stats().outMsgs - before <= 3);
  assert.equal(await orders.get(), 2_001n);
  assert.equal(new TextDecoder().decode((await bucket.get("orders"))?.value), "2001");
});

test("counter() refuses what is no integer, and a value that is none", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "statistics");
  const orders = counter(bucket, "orders");
  for (const amount of [0.5, NaN, Infinity, 2 ** 60]) {
    await assert.rejects(orders.add(amount), {
      code: "invalid_argument",
      message: `Cannot add as the amount must be an integer: current value is ${amount}`,
    });
  }
  await bucket.write("orders", new TextEncoder().encode("many"));
  await assert.rejects(orders.get(), {
    code: "data_loss",
    message: /Cannot decode a counter from 4 bytes as they must be decimal digits$/,
  });
  await assert.rejects(orders.add(), { code: "data_loss" });
  const signal = AbortSignal.abort(new Error("no more"));
  await assert.rejects(orders.add(1, { signal }), { code: "canceled" });
});
