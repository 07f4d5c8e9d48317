import assert from "node:assert/strict";
import { test } from "node:test";
import { json } from "../../src/core/mod.ts";
import { DELETE, KEEP, openBucket, value } from "../../src/kv/mod.ts";
import { startWorld } from "../_support/world.ts";

test("value() has the operations of an entity, without a key", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "statistics");
  const total = value(bucket, { key: "flights.total", codec: json<number>() });
  assert.equal(await total.get(), undefined);
  const created = await total.create(1);
  await assert.rejects(total.create(1), { code: "already_exists" });
  await total.update({ value: 2, revision: created.revision });
  await assert.rejects(total.update(created), { code: "aborted" });
  assert.equal((await total.modify((count = 0) => count + 1))?.value, 3);
  assert.equal((await bucket.get("flights.total"))?.revision, 3);
  const seen: string[] = [];
  for await (const event of total.watch({ deletes: true })) {
    seen.push(event.type === "entry" ? String(event.entry.value) : event.type);
    if (event.type === "ready") await total.delete();
    if (event.type === "delete") break;
  }
  assert.deepEqual(seen, ["3", "ready", "delete"]);
  await total.put(5);
  await total.purge();
  assert.equal(await total.get(), undefined);
});

test("value() has a history, and its entity", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "statistics", { history: 5 });
  const total = value(bucket, { key: "total", codec: json<number>() });
  const first = await total.create(1, { ttlMs: 60_000 });
  await total.modify((count = 0) => count + 1);
  assert.equal(await total.modify(() => KEEP).then((saved) => saved?.value), 2);
  assert.equal(await total.modify(() => DELETE), undefined);
  assert.deepEqual(
    (await total.history()).map((entry) => entry.operation === "put" ? entry.value : "gone"),
    [1, 2, "gone"],
  );
  assert.equal((await total.at(first.revision))?.value, 1);
  assert.equal((await bucket.at("total", first.revision))?.ttlMs, 60_000);
  assert.deepEqual([total.entity.keyOf({}), total.entity.filterOf()], ["total", "total"]);
  await total.purge({ revision: 3, ttlMs: 60_000 });
  assert.deepEqual((await total.history()).map(({ operation }) => operation), ["purge"]);
});

test("value() refuses a key with a parameter", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "statistics");
  assert.throws(() => value(bucket, { key: "total.{id}", codec: json<number>() }), {
    code: "invalid_argument",
    message: /^Cannot use key total\.\{id\} as \{id\} must be .+ current value is undefined$/,
  });
});
