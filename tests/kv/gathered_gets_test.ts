import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { type Bucket, openBucket } from "../../src/kv/mod.ts";
import { answer } from "../connection/_answer.ts";
import { eventually } from "../_support/eventually.ts";
import { withUsers } from "../_support/with_users.ts";
import { startWorld, type World } from "../_support/world.ts";

const KEYS = Array.from({ length: 300 }, (_, index) => `key.${index}`);

/** A bucket with a value under each key. */
async function openFilled(world: World): Promise<Bucket> {
  const bucket = await openBucket(await world.connect(), "facts", { limitMarkerTtlMs: 60_000 });
  await Promise.all(KEYS.map((key, index) => bucket.write(key, new Uint8Array([index % 256]))));
  return bucket;
}

/** Hears what is asked of it directly. */
async function overhear(world: World) {
  const nc = await world.connect();
  const responder = await answer(nc, "$JS.API.DIRECT.GET.>", () => {});
  return {
    /** How many questions there were, together and alone, since it was asked. */
    async count() {
      await nc.flush();
      const subjects = responder.messages.splice(0).map(({ subject }) => subject);
      const together = subjects.filter((subject) => subject.endsWith("KV_facts")).length;
      return [together, subjects.length - together];
    },
    [Symbol.asyncDispose]: () => responder[Symbol.asyncDispose](),
  };
}

/** Asks one after the other, so that each is asked alone. */
async function getEach(bucket: Bucket, keys: readonly string[]) {
  const found = [];
  for (const key of keys) found.push(await bucket.get(key));
  return found;
}

test("Bucket.get() of many keys in one turn is one question, with the answers of each", async () => {
  await using world = await startWorld();
  const bucket = await openFilled(world);
  await using questions = await overhear(world);
  await bucket.write("key.1", new Uint8Array(), { operation: "delete" });
  await bucket.write("key.2", new Uint8Array(), { operation: "purge" });
  await bucket.write("key.3", new Uint8Array([3]), { ttlMs: 60_000, messageId: "three" });
  for (const reads of ["leader", "direct"] as const) {
    const ours = await openBucket(world.nc, "facts", { reads });
    const keys = KEYS.slice(0, 100);
    const alone = await getEach(ours, keys);
    assert.deepEqual(await questions.count(), [0, 100]);
    assert.deepEqual(await Promise.all(keys.map((key) => ours.get(key))), alone);
    assert.deepEqual(await questions.count(), [1, 0]);
    assert.deepEqual(await Promise.all(keys.slice(0, 2).map((key) => ours.get(key))), [
      alone[0],
      alone[1],
    ]);
    assert.deepEqual(await questions.count(), [0, 2]);
  }
});

test("Bucket.get() asks alone for what is not there, and for what is asked for twice", async () => {
  await using world = await startWorld();
  await openFilled(world);
  await using questions = await overhear(world);
  const bucket = await openBucket(world.nc, "facts");
  const keys = ["none.1", "key.1", "key.2", "none.2", "key.1"];
  const found = await Promise.all(keys.map((key) => bucket.get(key)));
  assert.deepEqual(found.map((entry) => entry?.key), [
    undefined,
    "key.1",
    "key.2",
    undefined,
    "key.1",
  ]);
  assert.deepEqual(await questions.count(), [1, 1]);
  found[1]!.value[0] = 99;
  assert.equal(found[4]!.value[0], 1, "each has a value of its own");
  const nothing = await Promise.all([1, 2, 3, 4].map((id) => bucket.get(`none.${id}`)));
  assert.deepEqual(nothing, [undefined, undefined, undefined, undefined]);
});

test("Bucket.get() of many keys in one turn sees every write that was acknowledged before", async () => {
  await using world = await startWorld();
  await openFilled(world);
  const [writer, reader] = await Promise.all([
    openBucket(await world.connect(), "facts"),
    openBucket(world.nc, "facts"),
  ]);
  const written = new Map<string, number>();
  let isOver = false;
  const writing = Promise.all([0, 1, 2, 3].map(async (part) => {
    for (let round = part; !isOver; round += 4) {
      const key = KEYS[round % 40]!;
      const revision = await writer.write(key, new Uint8Array([round % 256]));
      written.set(key, Math.max(revision, written.get(key) ?? 0));
    }
  }));
  for (let round = 0; round < 200; round++) {
    const before = new Map(written);
    const found = await Promise.all(KEYS.slice(0, 40).map((key) => reader.get(key)));
    for (const [index, entry] of found.entries()) {
      assert.equal(entry?.key, KEYS[index]);
      assert.ok(entry!.revision >= (before.get(entry!.key) ?? 0), entry!.key);
    }
  }
  isOver = true;
  await writing;
});

test("Bucket.get() asks for each key alone where it may not ask for many", async () => {
  await using world = await startWorld({
    config: withUsers({
      narrow: 'publish: { deny: ["$JS.API.DIRECT.GET.*"] }',
    }),
  });
  await openFilled(world);
  await using questions = await overhear(world);
  const narrow = await openBucket(await world.connect({ user: "narrow", pass: "n" }), "facts");
  for (let round = 0; round < 2; round++) {
    const found = await Promise.all(KEYS.slice(0, 10).map((key) => narrow.get(key)));
    assert.deepEqual(found.map((entry) => entry?.key), KEYS.slice(0, 10));
    assert.deepEqual(await questions.count(), [0, 10]);
  }
});

test("Bucket.get() of many keys in one turn says what went wrong", async () => {
  await using world = await startWorld();
  const bucket = await openFilled(world);
  const all = (bucket: Bucket) => Promise.allSettled(KEYS.map((key) => bucket.get(key)));
  const ours = await openBucket(world.nc, "facts");
  await bucket.destroy();
  for (const outcome of await all(ours)) {
    assert.equal(outcome.status, "rejected");
    assert.equal(outcome.reason.code, "not_found", `${outcome.reason}`);
  }
  await world.nc.close();
  for (const outcome of await all(ours)) {
    assert.equal(outcome.status, "rejected");
    assert.match(outcome.reason.message, /^Cannot read .+ of bucket facts: /);
  }
});

test("Bucket.get() through the leader leaves aside what a mirror answers", async () => {
  await using world = await startWorld();
  const bucket = await openFilled(world);
  const { streams } = await jetstreamManager(world.nc);
  await streams.add({
    name: "KV_copy",
    mirror: { name: "KV_facts" },
    mirror_direct: true,
    max_msgs_per_subject: 1,
  });
  await eventually(async () => {
    assert.equal((await streams.info("KV_copy")).state.messages, KEYS.length);
  });
  // It knows of nothing then, and says so.
  await streams.purge("KV_copy");
  const leader = await openBucket(world.nc, "facts");
  for (let round = 0; round < 50; round++) {
    const revision = await bucket.write("key.0", new Uint8Array([round]));
    assert.equal((await leader.get("key.0"))?.revision, revision);
    assert.equal((await leader.get("key.1"))?.revision, 2);
    const found = await Promise.all(KEYS.slice(0, 8).map((key) => leader.get(key)));
    assert.deepEqual(found.map((entry) => entry?.revision), [revision, 2, 3, 4, 5, 6, 7, 8]);
    const many = await leader.getMany(["key.1", "none", "key.0"]);
    assert.deepEqual(many.map((entry) => entry?.revision), [2, undefined, revision]);
    assert.deepEqual((await leader.getMany(["key.2"])).map((entry) => entry?.revision), [3]);
  }
});
