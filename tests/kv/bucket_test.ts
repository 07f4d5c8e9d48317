import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { type BucketEntry, type BucketOptions, openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { withUsers } from "../_support/with_users.ts";
import { startWorld } from "../_support/world.ts";
import { loadForeignCopy } from "../connection/_foreign_copy.ts";
import { faultyConnection } from "./_faulty_connection.ts";

test("openBucket() makes a bucket, and opens it again", async () => {
  await using world = await startWorld();
  const first = await openBucket(world.nc, "flights", { description: "All flights" });
  await first.write("a", new Uint8Array([1]));
  const second = await openBucket(await world.connect(), "flights");
  assert.deepEqual([...(await second.get("a"))!.value], [1]);
  assert.equal(second.created.getTime(), first.created.getTime());
  const { config } = await (await jetstreamManager(world.nc)).streams.info("KV_flights");
  assert.equal(config.description, "All flights");
  assert.deepEqual([config.allow_direct, config.allow_msg_ttl, first.reads], [
    true,
    true,
    "leader",
  ]);
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
    message:
      /^Cannot change storage \(wanted "file", found "memory"\) of bucket flights: stream .+ storage type/,
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
    ["a", { reads: "any" as "direct" }, /as reads must be "leader" or "direct": /],
    ["a", { limitMarkerTtlMs: 1 }, /as limitMarkerTtlMs must be at least 1000: /],
    ["a", { timeoutMs: 0 }, /as timeoutMs must be at least 1: /],
    ["a", { republish: { destination: "" } }, /as republish\.destination must be a subject: /],
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
  await assert.rejects(bucket.write("a", new Uint8Array(1000)), {
    code: "resource_exhausted",
    retryable: false,
    message: "Cannot put a of bucket flights: message size exceeds maximum allowed",
  });
  const size = world.nc.info!.max_payload + 1;
  await assert.rejects(bucket.write("a", new Uint8Array(size)), {
    code: "resource_exhausted",
    retryable: false,
    message: `Cannot put a of bucket flights as a value with its headers must have at most ${
      size - 1
    } bytes: current size is ${size}`,
  });
  assert.equal((await bucket.get("a"))?.revision, revision + 1);
});

test("a bucket that is gone is said to be", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "flights");
  const direct = await openBucket(world.nc, "flights", { reads: "direct" });
  await bucket.destroy();
  const gone = { code: "not_found", message: /bucket flights: stream not found$/ };
  for (const each of [bucket, direct]) {
    await assert.rejects(each.write("a", new Uint8Array()), gone);
    await assert.rejects(each.get("a"), gone);
    await assert.rejects(each.getMany(["a", "b"]), gone);
    await assert.rejects(each.at("a", 1), gone);
    await assert.rejects(each.history("a"), gone);
    await assert.rejects(each.destroy(), gone);
  }
});

test("openBucket() passes every option on", async () => {
  await using world = await startWorld();
  await openBucket(world.nc, "flights", {
    replicas: 1,
    storage: "file",
    history: 7,
    ttlMs: 60_000,
    limitMarkerTtlMs: 5_000,
    maxBytes: 1_000_000,
    maxValueBytes: 1_000,
    compression: true,
    description: "All flights",
    republish: { source: "a.>", destination: "changed.>", headersOnly: true },
  });
  const { streams } = await jetstreamManager(world.nc);
  const { config } = await streams.info("KV_flights");
  assert.deepEqual(
    [config.max_msgs_per_subject, config.max_bytes, config.max_msg_size, config.compression],
    [7, 1_000_000, 1_000, "s2"],
  );
  assert.deepEqual([config.max_age, config.subject_delete_marker_ttl], [60e9, 5e9]);
  assert.deepEqual(config.republish, {
    src: "$KV.flights.a.>",
    dest: "changed.>",
    headers_only: true,
  });
  // The same again changes nothing.
  const { config: before } = await streams.info("KV_flights");
  await openBucket(world.nc, "flights", { history: 7, compression: true, maxBytes: 1_000_000 });
  assert.deepEqual((await streams.info("KV_flights")).config, before);
});

test("openBucket() places a bucket in a cluster, on as many servers as asked for", async () => {
  await using world = await startWorld({ cluster: 3 });
  const { streams } = await jetstreamManager(world.nc);
  const cluster = (await openCluster()).cluster!;
  const bucket = await openBucket(world.nc, "flights", { replicas: 3, placement: { cluster } });
  assert.equal(bucket.replicas, 3);
  assert.equal((await streams.info("KV_flights")).config.placement?.cluster, cluster);
  await bucket.write("a", new Uint8Array([1]));
  assert.deepEqual([...(await bucket.get("a"))!.value], [1]);
  const direct = await openBucket(await world.connect(), "flights", { reads: "direct" });
  assert.deepEqual([...(await direct.get("a", { reads: "leader" }))!.value], [1]);
  // Any replica may answer, also one that is behind.
  await eventually(async () => assert.deepEqual([...(await direct.get("a"))!.value], [1]));
  await eventually(async () => assert.equal((await direct.getMany(["a", "b"]))[0]?.revision, 1));

  async function openCluster() {
    await openBucket(world.nc, "first");
    const { cluster } = await streams.info("KV_first");
    return { cluster: cluster?.name };
  }
});

test("a read through the leader sees every acknowledged write", async () => {
  await using world = await startWorld({ cluster: 3 });
  const bucket = await openBucket(world.nc, "flights", { replicas: 3, storage: "memory" });
  const other = await openBucket(await world.connect(), "flights");
  for (let round = 1; round <= 100; round++) {
    const revision = await bucket.write("a", new Uint8Array([round]));
    const [mine, theirs] = await Promise.all([bucket.get("a"), other.get("a")]);
    assert.deepEqual([mine?.revision, theirs?.revision], [revision, revision]);
  }
});

test("a bucket says what its user may not do", async () => {
  await using world = await startWorld({
    config: withUsers({
      reader: 'publish: { deny: ["$KV.>"] }',
      blind: 'publish: { deny: ["$JS.API.DIRECT.>", "$JS.API.STREAM.MSG.GET.>"] }',
    }),
  });
  await (await openBucket(world.nc, "flights")).write("a", new Uint8Array([1]));
  const reader = await openBucket(await world.connect({ user: "reader", pass: "r" }), "flights");
  assert.equal((await reader.get("a"))?.revision, 1);
  await assert.rejects(reader.write("a", new Uint8Array()), {
    code: "permission_denied",
    message: /^Cannot put a of bucket flights: .*permissions violation/i,
  });
  const blind = await openBucket(await world.connect({ user: "blind", pass: "b" }), "flights", {
    timeoutMs: 1_000,
  });
  assert.equal(await blind.write("a", new Uint8Array([2])), 2);
  const denied = { code: "permission_denied", message: /^Cannot read .+ of bucket flights: / };
  await assert.rejects(blind.get("a"), denied);
  await assert.rejects(blind.history("a"), denied);
  await assert.rejects(blind.getMany(["a", "b"]), denied);
});

test("a bucket works beside others through two copies of the client", async () => {
  await using world = await startWorld();
  const foreign = await loadForeignCopy().connect({ servers: world.server.url });
  const theirs = await openBucket(foreign, "flights");
  const ours = await openBucket(world.nc, "flights");
  const revision = await ours.write("a", new Uint8Array([1]), { revision: 0 });
  assert.deepEqual([...(await theirs.get("a"))!.value], [1]);
  await assert.rejects(theirs.write("a", new Uint8Array([2]), { revision: 0 }), {
    code: "aborted",
  });
  assert.equal(await theirs.write("a", new Uint8Array([2]), { revision }), 2);
  await ours.destroy();
  await assert.rejects(theirs.write("a", new Uint8Array([2])), { code: "not_found" });
  await foreign.close();
});

test("Bucket.get() and write() wait for the connection to come back", async () => {
  await using world = await startWorld();
  await world.nc.close();
  const nc = await world.connect({ maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const bucket = await openBucket(nc, "flights");
  const revision = await bucket.write("a", new Uint8Array([1]));
  await world.server.restart();
  await eventually(async () => assert.equal((await bucket.get("a"))?.revision, revision));
  assert.equal(await bucket.write("a", new Uint8Array([2]), { revision }), revision + 1);
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

  const official = await new Kvm(world.nc).create("official", { history: 3 });
  const opened = await openBucket(world.nc, "official");
  await official.create("c", "1");
  const revision = await opened.write("c", new TextEncoder().encode("2"), { revision: 1 });
  await official.update("c", "3", revision);
  assert.deepEqual((await opened.history("c")).map((entry) => entry.revision), [1, 2, 3]);
  assert.equal(new TextDecoder().decode((await opened.at("c", 2))?.value), "2");
  assert.equal(await opened.at("d", 2), undefined);
  assert.equal((await official.get("c", { revision }))?.string(), "2");
  await official.delete("c");
  assert.equal((await opened.history("c")).at(-1)?.operation, "delete");
});

test("Bucket.write() waits no longer than it is told for a server that does not say what is wrong", async () => {
  await using world = await startWorld();
  const { nc, timeOut } = faultyConnection(world.nc);
  const bucket = await openBucket(nc, "flights", { storage: "memory" });
  await (await openBucket(world.nc, "flights", { storage: "memory" })).destroy();
  let answer = () => {};
  timeOut(/STREAM\.INFO/, () => new Promise<void>((resolve) => answer = resolve));
  await assert.rejects(bucket.write("a", new Uint8Array(), { timeoutMs: 300 }), {
    code: "deadline_exceeded",
    message: "Cannot put a of bucket flights within 300 ms",
  });
  answer();
});
