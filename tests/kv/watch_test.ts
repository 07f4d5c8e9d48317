import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { json } from "../../src/core/mod.ts";
import { entity, openBucket, type WatchEvent } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";

async function openSeats(nc: World["nc"]) {
  const bucket = await openBucket(nc, "seats", { storage: "memory" });
  return { bucket, seats: entity(bucket, { key: "seat.{row}.{letter}", codec: json<string>() }) };
}

function describe<Key extends { row: string }>(event: WatchEvent<Key, string>): string {
  switch (event.type) {
    case "entry":
      return `${event.entry.key.row}=${event.entry.value}`;
    case "delete":
      return `${event.entry.key.row} ${event.entry.operation}`;
    case "error":
      return `${event.key.row} error`;
    default:
      return event.type;
  }
}

async function removeConsumers(world: World): Promise<void> {
  const { consumers } = await jetstreamManager(world.nc);
  for await (const { name } of consumers.list("KV_seats")) await consumers.delete("KV_seats", name);
}

async function consumersOf(world: World): Promise<number> {
  const { streams } = await jetstreamManager(world.nc);
  return (await streams.info("KV_seats")).state.consumer_count;
}

test("Entity.watch() gives the snapshot, its end, then changes", async () => {
  await using world = await startWorld();
  const { seats } = await openSeats(world.nc);
  await seats.put({ row: "1", letter: "A" }, "Ada");
  await seats.put({ row: "2", letter: "A" }, "Bob");
  await seats.put({ row: "1", letter: "A" }, "Cy");
  const seen: string[] = [];
  for await (const event of seats.watch()) {
    seen.push(describe(event));
    if (event.type === "ready") {
      await seats.put({ row: "3", letter: "A" }, "Dan");
      await seats.delete({ row: "2", letter: "A" });
      await seats.put({ row: "4", letter: "A" }, "Eve");
    }
    if (seen.at(-1) === "4=Eve") break;
  }
  assert.deepEqual(seen, ["2=Bob", "1=Cy", "ready", "3=Dan", "4=Eve"]);
});

test("Entity.watch() leaves no consumer behind", async () => {
  await using world = await startWorld();
  const { seats } = await openSeats(world.nc);
  for await (const _ of seats.watch()) {
    assert.equal(await consumersOf(world), 1);
    break;
  }
  assert.equal(await consumersOf(world), 0);
  await assert.rejects(async () => {
    for await (const _ of seats.watch()) throw new Error("of the loop");
  }, /of the loop/);
  assert.equal(await consumersOf(world), 0);
  seats.watch();
  assert.equal(await consumersOf(world), 0);
});

test("Entity.watch() of an empty bucket is ready at once, and ends with its signal", async () => {
  await using world = await startWorld();
  const { seats } = await openSeats(world.nc);
  const controller = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const event of seats.watch({}, { signal: controller.signal })) {
      seen.push(describe(event));
    }
  })();
  await eventually(() => assert.deepEqual(seen, ["ready"]));
  controller.abort();
  await watching;
  assert.equal(await consumersOf(world), 0);
  for await (const _ of seats.watch({}, { signal: controller.signal })) assert.fail();
});

test("Entity.watch() gives deletions if asked to, and only what matches", async () => {
  await using world = await startWorld();
  const { seats } = await openSeats(world.nc);
  await seats.put({ row: "1", letter: "A" }, "Ada");
  await seats.put({ row: "1", letter: "B" }, "Bob");
  await seats.delete({ row: "1", letter: "A" });
  const seen: string[] = [];
  for await (const event of seats.watch({ letter: "A" }, { deletes: true })) {
    seen.push(describe(event));
    if (event.type === "ready") {
      await seats.put({ row: "2", letter: "B" }, "Cy");
      await seats.put({ row: "2", letter: "A" }, "Dan");
    }
    // Only now: a value that is gone before the server delivers it is never seen.
    if (seen.at(-1) === "2=Dan") await seats.purge({ row: "2", letter: "A" });
    if (seen.at(-1) === "2 purge") break;
  }
  assert.deepEqual(seen, ["1 delete", "ready", "2=Dan", "2 purge"]);
});

test("Entity.watch() gives a value that cannot be decoded as an item, and goes on", async () => {
  await using world = await startWorld();
  const { bucket, seats } = await openSeats(world.nc);
  await bucket.write("seat.1.A", new TextEncoder().encode("{"));
  await seats.put({ row: "2", letter: "A" }, "Ada");
  const seen: WatchEvent<{ row: string; letter: string }, string>[] = [];
  for await (const event of seats.watch()) {
    seen.push(event);
    if (event.type === "ready") break;
  }
  assert.deepEqual(seen.map(describe), ["1 error", "2=Ada", "ready"]);
  const [first] = seen;
  assert.ok(first?.type === "error");
  assert.deepEqual(first.key, { row: "1", letter: "A" });
  assert.match(first.error.message, /^Cannot read seat\.1\.A at revision 1: /);
});

test("Entity.watch() hears that a value has expired", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "seats", { ttlMs: 1000 });
  const seats = entity(bucket, { key: "seat.{row}", codec: json<string>() });
  const seen: string[] = [];
  for await (const event of seats.watch({}, { deletes: true })) {
    seen.push(describe(event));
    // Only now, when the server delivers it at once: it must not expire before.
    if (event.type === "ready") await seats.put({ row: "1" }, "Ada");
    if (event.type === "delete") break;
  }
  assert.deepEqual(seen, ["ready", "1=Ada", "1 purge"]);
});

test("Entity.watch() fails when its connection goes away", async () => {
  await using world = await startWorld();
  await openSeats(world.nc);
  const other = await world.connect();
  const { seats } = await openSeats(other);
  await assert.rejects(async () => {
    for await (const _ of seats.watch()) await other.close();
  }, { code: "unavailable", message: /the connection was closed$/ });
  // A closed connection cannot remove its consumer; the server does, after half a minute.
  await removeConsumers(world);
});

test("Entity.watch() goes on without its consumer, and fails without its bucket", async () => {
  await using world = await startWorld();
  const { seats } = await openSeats(world.nc);
  const bucket = await openBucket(world.nc, "others");
  const others = entity(bucket, { key: "{id}", codec: json<string>() });
  const seen: string[] = [];
  const goesOn = async () => {
    for await (const event of seats.watch()) {
      seen.push(describe(event));
      if (event.type === "ready") {
        await removeConsumers(world);
        await seats.put({ row: "1", letter: "A" }, "Ada");
        await seats.put({ row: "2", letter: "A" }, "Bob");
      }
      if (seen.at(-1) === "2=Bob") break;
    }
  };
  const fails = assert.rejects(async () => {
    for await (const _ of others.watch()) await bucket.destroy();
  }, { code: "not_found", message: "Cannot watch * of bucket others: stream not found" });
  await Promise.all([goesOn(), fails]);
  assert.deepEqual(seen, ["ready", "1=Ada", "2=Bob"]);
});
