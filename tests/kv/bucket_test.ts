import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { type BucketEntry, type BucketOptions, openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";

test("openBucket() makes a bucket, and opens it again", async () => {
  await using world = await startWorld();
  const first = await openBucket(world.nc, "flights", { description: "All flights" });
  await first.write("a", new Uint8Array([1]));
  const second = await openBucket(await world.connect(), "flights");
  assert.deepEqual([...(await second.get("a"))!.value], [1]);
  assert.equal(second.created.getTime(), first.created.getTime());
  const { config } = await (await jetstreamManager(world.nc)).streams.info("KV_flights");
  assert.equal(config.description, "All flights");
  assert.equal(config.allow_direct, false);
});

test("openBucket() by several processes at once succeeds for all", async () => {
  await using world = await startWorld();
  const connections = await Promise.all(Array.from({ length: 4 }, () => world.connect()));
  const optionsOf = (index: number): BucketOptions => index % 2 === 0 ? {} : { history: 5 };
  const buckets = await Promise.all(
    connections.map((nc, index) => openBucket(nc, "flights", optionsOf(index))),
  );
  assert.equal(new Set(buckets.map(({ created }) => created.getTime())).size, 1);
  const { config } = await (await jetstreamManager(world.nc)).streams.info("KV_flights");
  assert.equal(config.max_msgs_per_subject, 5);
});

test("openBucket() changes what it can, and names what it cannot", async () => {
  await using world = await startWorld();
  const before = await openBucket(world.nc, "flights", { storage: "memory" });
  assert.equal(before.republish, false);
  const after = await openBucket(world.nc, "flights", { republish: true, ttlMs: 60_000 });
  assert.deepEqual([after.republish, after.ttlMs], [true, 60_000]);
  await assert.rejects(openBucket(world.nc, "flights", { storage: "file" }), {
    code: "failed_precondition",
    message: /^Cannot change storage of bucket flights: /,
  });
  const unchanged = await openBucket(world.nc, "flights");
  assert.deepEqual([unchanged.republish, unchanged.ttlMs], [true, 60_000]);
});

test("openBucket() refuses names and options that are not valid", async () => {
  await using world = await startWorld();
  const cases: [name: string, options: BucketOptions, message: RegExp][] = [
    ["a.b", {}, /^Cannot open bucket "a\.b" as its name must be of letters, .+ value is "a\.b"$/],
    ["", {}, /its name/],
    ["a", { replicas: 6 }, /as replicas must be 1 to 5: current value is 6$/],
    ["a", { history: 65 }, /as history must be 1 to 64: current value is 65$/],
    ["a", { ttlMs: 999 }, /as ttlMs must be at least 1000: current value is 999$/],
    ["a", { maxValueBytes: 0 }, /as maxValueBytes must be at least 1: current value is 0$/],
    ["a", { storage: "tape" as "file" }, /as storage must be "file" or "memory": /],
  ];
  for (const [name, options, message] of cases) {
    await assert.rejects(openBucket(world.nc, name, options), {
      code: "invalid_argument",
      message,
    });
  }
});

test("openBucket() refuses a server that is too old", async () => {
  await using world = await startWorld();
  const old = Object.create(world.nc, { info: { value: { ...world.nc.info, version: "2.9.10" } } });
  await assert.rejects(openBucket(old, "flights"), {
    code: "failed_precondition",
    message: /^Cannot open bucket flights as nats-server must be 2\.11/,
  });
});

test("Bucket.write() says when another write came first, and when there is no room", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "flights", { maxValueBytes: 100 });
  const revision = await bucket.write("a", new Uint8Array([1]), { revision: 0 });
  await assert.rejects(bucket.write("a", new Uint8Array([2]), { revision: 0 }), {
    code: "aborted",
    message: "Cannot put a of bucket flights: another write came first",
  });
  assert.equal(await bucket.write("a", new Uint8Array([2]), { revision }), revision + 1);
  await assert.rejects(bucket.write("a", new Uint8Array(1000)), { code: "resource_exhausted" });
  await bucket.destroy();
  await assert.rejects(bucket.write("a", new Uint8Array()), { code: "unavailable" });
});

test("Bucket.subscribe() hears of commits at once", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(await world.connect(), "flights", { republish: true });
  const other = await openBucket(world.nc, "flights");
  const heard: BucketEntry[] = [];
  {
    using _subscription = bucket.subscribe("a.>", (entry) => heard.push(entry));
    await bucket.get("a.1");
    await other.write("b.1", new Uint8Array([0]));
    const revision = await other.write("a.1", new Uint8Array([1]), { messageId: "x" });
    await other.write("a.1", new Uint8Array(), { operation: "delete", revision });
    await eventually(() => assert.equal(heard.length, 2));
  }
  assert.deepEqual(
    heard.map(({ key, value, revision, operation, messageId, basedOn }) => {
      return { key, value: [...value], revision, operation, messageId, basedOn };
    }),
    [
      { key: "a.1", value: [1], revision: 2, operation: "put", messageId: "x", basedOn: undefined },
      {
        key: "a.1",
        value: [],
        revision: 3,
        operation: "delete",
        messageId: undefined,
        basedOn: 2,
      },
    ],
  );
  const silent = await openBucket(world.nc, "silent");
  assert.throws(() => silent.subscribe(">", () => {}), {
    code: "failed_precondition",
    message: /must be opened with republish: true$/,
  });
});

test("a bucket is one that other NATS clients understand", async () => {
  await using world = await startWorld();
  const ours = await openBucket(world.nc, "flights");
  const theirs = await new Kvm(world.nc).open("flights");
  await ours.write("a", new TextEncoder().encode("ours"));
  assert.equal((await theirs.get("a"))?.string(), "ours");
  await theirs.put("b", "theirs");
  assert.equal(new TextDecoder().decode((await ours.get("b"))?.value), "theirs");
  await theirs.delete("b");
  assert.equal((await ours.get("b"))?.operation, "delete");
  await ours.write("a", new Uint8Array(), { operation: "purge" });
  assert.equal((await theirs.get("a"))?.operation, "PURGE");
});
