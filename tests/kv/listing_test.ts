import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { bytes } from "../../src/core/mod.ts";
import { entity, openBucket } from "../../src/kv/mod.ts";
import { startWorld, type World } from "../_support/world.ts";
import { fill, openLetters, removeConsumers } from "./_letters.ts";

/** More than what is on its way to a slow reader at once: 4,000. */
const MANY = 10_000;

/** How many messages the one consumer of a stream has sent. */
async function sent(world: World, stream: string): Promise<number> {
  const { consumers } = await jetstreamManager(world.nc);
  for await (const { delivered } of consumers.list(stream)) return delivered.consumer_seq;
  throw new Error("there is no consumer");
}

test("Entity.entries() asks for more only as values are taken", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await fill(world.nc, 0, MANY);
  let taken = 0;
  for await (const { value } of letters.entries()) {
    assert.equal(value, `${taken++}`);
    if (taken % 1_000 !== 1) continue;
    const ahead = await sent(world, "KV_letters") - taken;
    assert.ok(ahead <= 4_000, `${ahead} are on their way`);
  }
  assert.equal(taken, MANY);
});

test("Entity.entries() bounds large values by their bytes, and gives one of any size", async () => {
  await using world = await startWorld({ maxPayload: 8 * 1024 * 1024 });
  const bucket = await openBucket(world.nc, "files", { storage: "memory" });
  const files = entity(bucket, { key: "file.{id}", codec: bytes });
  const sizes = [6_000_000, ...Array.from({ length: 120 }, () => 200_000), 7_000_000];
  for (const [id, size] of sizes.entries()) await files.put({ id: `${id}` }, new Uint8Array(size));
  const found: number[] = [];
  let takenBytes = 0;
  for await (const { value } of files.entries()) {
    found.push(value.length);
    takenBytes += value.length;
    const sentBytes = sizes.slice(0, await sent(world, "KV_files"))
      .reduce((sum, size) => sum + size, 0);
    assert.ok(sentBytes - takenBytes <= 2 * 8.1 * 1024 * 1024, `${sentBytes - takenBytes} bytes`);
  }
  assert.deepEqual(found, sizes);
});

test("Entity.keys() lists every key that is there throughout, however often it is written", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await fill(world.nc, 0, MANY);
  const seen = new Set<string>();
  for await (const { id } of letters.keys()) {
    seen.add(id);
    // Whatever is still at the server gets behind what comes next.
    if (seen.size % 1_000 === 0) await letters.put({ id: `${MANY - 1}` }, "again");
  }
  assert.equal(seen.size, MANY);
});

test("Entity.keys() ends though the loop writes each key that it is given", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await fill(world.nc, 0, MANY);
  const seen = new Set<string>();
  const writes: Promise<unknown>[] = [];
  for await (const { id } of letters.keys()) {
    seen.add(id);
    writes.push(letters.put({ id }, "again"));
  }
  await Promise.all(writes);
  assert.equal(seen.size, MANY);
  assert.ok(writes.length <= 3 * MANY, `${writes.length} keys`);
});

test("Entity.keys() and count() know large values, deletions and what is not of the template", async () => {
  await using world = await startWorld();
  const { bucket, letters } = await openLetters(world.nc, { storage: "memory" });
  const large = "x".repeat(5_000);
  for (const id of ["a", "b", "c", "d"]) await letters.put({ id }, large);
  await letters.delete({ id: "b" });
  await letters.purge({ id: "c" });
  await bucket.write("other.a", new Uint8Array());
  const ids: string[] = [];
  for await (const { id } of letters.keys()) ids.push(id);
  assert.deepEqual(ids, ["a", "d"]);
  assert.deepEqual([await letters.count(), await letters.count({ id: "a" })], [2, 1]);
  assert.deepEqual([await letters.count({ id: "b" }), await letters.count({ id: "z" })], [0, 0]);
});

test("Entity.entries() goes on without its consumer, and ends if the bucket is made anew", async () => {
  await using world = await startWorld();
  const { bucket, letters } = await openLetters(world.nc, { storage: "memory" });
  await fill(world.nc, 0, MANY);
  const ids: string[] = [];
  for await (const { key } of letters.entries()) {
    if (ids.push(key.id) === 10) await removeConsumers(world.nc);
  }
  assert.deepEqual(ids, Array.from({ length: MANY }, (_, id) => `${id}`));
  await assert.rejects(async () => {
    for await (const { key } of letters.entries()) {
      if (key.id !== "5") continue;
      await bucket.destroy();
      await openLetters(world.nc, { storage: "memory" });
    }
  }, { code: "aborted", message: /^Cannot list letter\.\*: the bucket was made anew/ });
});
