import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { json } from "../../src/core/mod.ts";
import { entity, openBucket, type ReplicaChange, value } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { fill, openLetters, PATIENT, removeConsumers } from "./_letters.ts";
import { saveStore } from "./_saved_store.ts";

type Change = ReplicaChange<{ id: string }, string>;

function describe(change: Change): string {
  if (change.type === "error") return `${change.key.id} error`;
  const { key, operation } = change.entry;
  return change.type === "entry" ? `${key.id}=${change.entry.value}` : `${key.id} ${operation}`;
}

/** Collects changes until the list is asked for. */
function collect(changes: AsyncIterableIterator<Change>) {
  const seen: string[] = [];
  const done = (async () => {
    for await (const change of changes) seen.push(describe(change));
  })();
  return { seen, done };
}

test("Entity.replica() holds the values that match, in the order of their revisions", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "flights", { storage: "memory" });
  const flights = entity(bucket, { key: "flight.{origin}.{id}", codec: json<number>() });
  for (const [origin, id, delay] of [["ORD", "1", 1], ["ORD", "2", 2], ["SFO", "1", 3]] as const) {
    await flights.put({ origin, id }, delay);
  }
  await flights.delete({ origin: "ORD", id: "2" });
  await using replica = flights.replica();
  await replica.ready;
  const entry = replica.get({ id: "1", origin: "ORD" });
  assert.deepEqual(entry, { ...await flights.get({ origin: "ORD", id: "1" }), delta: 2 });
  assert.equal(replica.get({ origin: "ORD", id: "1" }), entry);
  assert.equal(replica.get({ origin: "ORD", id: "2" }), undefined);
  assert.deepEqual([replica.size, replica.revision], [2, 4]);
  assert.deepEqual([...replica.keys()].map(({ origin }) => origin), ["ORD", "SFO"]);
  assert.deepEqual([...replica.entries({ origin: "SFO" })].map(({ value }) => value), [3]);
  assert.deepEqual(
    [replica.has({ origin: "SFO", id: "1" }), replica.has({ origin: "S", id: "1" })],
    [
      true,
      false,
    ],
  );
  assert.throws(() => replica.get({ origin: "O.D", id: "1" }), { code: "invalid_argument" });

  await using some = flights.replica({ origin: "SFO" });
  await some.ready;
  assert.deepEqual([...some.keys()], [{ origin: "SFO", id: "1" }]);
});

test("Entity.replica() cannot be read before it is ready, and not after its end", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  const controller = new AbortController();
  const replica = letters.replica({}, { signal: controller.signal });
  assert.throws(() => replica.get({ id: "a" }), {
    code: "failed_precondition",
    message: "Cannot read a replica of letter.* before it is ready: wait for its `ready`",
  });
  assert.deepEqual([replica.size, replica.revision, replica.staleness.isBehind], [0, 0, true]);
  await replica.ready;
  assert.equal(replica.get({ id: "a" }), undefined);
  controller.abort();
  assert.equal(await replica.closed, undefined);
  const closed = {
    code: "failed_precondition",
    message: "Cannot use a replica of letter.* that was closed",
  };
  assert.throws(() => replica.get({ id: "a" }), closed);
  assert.throws(() => [...replica.entries()], closed);
  await assert.rejects(replica.waitFor(1), closed);
  assert.deepEqual(await replica.changes().next(), { value: undefined, done: true });
  await replica[Symbol.asyncDispose]();

  const late = letters.replica({}, { signal: controller.signal });
  await assert.rejects(late.ready, closed);
  for (const options of [{ maxEntries: 0 }, { maxBytes: -1 }, { verifyMs: 1 }]) {
    assert.throws(() => letters.replica({}, options), { code: "invalid_argument" });
  }
});

test("Replica: what was written through it can be read when the write resolves", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await using replica = letters.replica();
  // Also a write that resolves before all is loaded.
  await replica.put({ id: "first" }, "1");
  assert.equal(replica.get({ id: "first" })?.value, "1");
  const check = async (index: number) => {
    const key = { id: `${index % 20}-${index}` };
    const read = () => replica.get(key)?.value;
    const created = await replica.create(key, "a");
    assert.equal(read(), "a");
    await replica.update({ ...created, value: "b" });
    assert.equal(read(), "b");
    await replica.modify(key, (value) => `${value}c`);
    assert.equal(read(), "bc");
    await replica.put(key, "d");
    assert.equal(read(), "d");
    await (index % 2 === 0 ? replica.delete(key) : replica.purge(key));
    assert.equal(read(), undefined);
  };
  await Promise.all(Array.from({ length: 200 }, (_, index) => check(index)));
  assert.equal(replica.size, 1);
});

test("Replica: a write of what it does not hold does not wait for it", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await using replica = letters.replica({ id: "a" });
  await replica.ready;
  await replica.put({ id: "b" }, "b");
  assert.equal(replica.get({ id: "b" }), undefined);
});

test("Replica.waitFor() waits for what others wrote", async () => {
  await using world = await startWorld();
  const other = await world.connect();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  const { letters: others } = await openLetters(other, { storage: "memory" });
  await using replica = letters.replica();
  for (let index = 0; index < 100; index++) {
    const { revision } = await others.put({ id: `${index % 7}` }, `${index}`);
    await replica.waitFor(revision);
    assert.equal(replica.get({ id: `${index % 7}` })?.value, `${index}`);
    assert.ok(replica.revision >= revision);
  }
  await assert.rejects(replica.waitFor(1_000_000, { timeoutMs: 20 }), {
    code: "deadline_exceeded",
  });
  await assert.rejects(replica.waitFor(1_000_000, { signal: AbortSignal.abort() }), {
    code: "canceled",
  });
  const rejected = assert.rejects(replica.waitFor(1_000_000), { code: "failed_precondition" });
  await replica[Symbol.asyncDispose]();
  await rejected;
});

test("Replica.waitFor() resolves for a revision that was of another key, or is gone", async () => {
  await using world = await startWorld();
  const { bucket, letters } = await openLetters(world.nc, { storage: "memory" });
  await using replica = letters.replica();
  await replica.ready;
  // The server's next sign of life says how far it has looked.
  await replica.waitFor(await bucket.write("other", new Uint8Array()));
});

test("Replica.changes() gives what changes, and to a slow reader the latest of each key", async () => {
  await using world = await startWorld();
  const { bucket, letters } = await openLetters(world.nc, { storage: "memory" });
  await letters.put({ id: "a" }, "a");
  await using replica = letters.replica();
  await replica.ready;
  const slow = replica.changes();
  const first = slow.next();
  const { seen, done } = collect(replica.changes());
  await replica.put({ id: "b" }, "b");
  assert.equal(describe((await first).value), "b=b");
  await replica.delete({ id: "a" });
  await replica.put({ id: "a" }, "again");
  await replica.purge({ id: "b" });
  await bucket.write("letter.c", new TextEncoder().encode("{"));
  await eventually(() => assert.equal(seen.at(-1), "c error"));
  assert.deepEqual(seen, ["b=b", "a delete", "a=again", "b purge", "c error"]);
  const latest: string[] = [];
  for (let count = 0; count < 3; count++) latest.push(describe((await slow.next()).value));
  assert.deepEqual(latest, ["a=again", "b purge", "c error"]);
  assert.throws(() => replica.get({ id: "c" }), { code: "data_loss" });
  assert.throws(() => [...replica.entries()], { code: "data_loss" });
  await replica[Symbol.asyncDispose]();
  await done;
  assert.equal((await slow.next()).done, true);

  const controller = new AbortController();
  await using another = letters.replica();
  await another.ready;
  const ended = collect(another.changes({ signal: controller.signal }));
  controller.abort();
  await ended.done;
});

test("Replica: past its limits it ends rather than lacking values", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await fill(world.nc, 0, 10);
  await using small = letters.replica({}, { maxEntries: 9 });
  await assert.rejects(small.ready, {
    code: "resource_exhausted",
    message: "Cannot keep a replica of letter.* of bucket letters as there is more than " +
      "maxEntries allows: current value is 9",
  });
  await using replica = letters.replica({}, { maxEntries: 10, maxBytes: 1_000 });
  await replica.ready;
  await replica.delete({ id: "3" });
  await replica.put({ id: "new" }, "fits");
  const changes = replica.changes();
  const failed = assert.rejects(changes.next(), { code: "resource_exhausted" });
  await letters.put({ id: "4" }, "x".repeat(1_000));
  assert.match(String(await replica.closed), /more than maxBytes allows: current value is 1000$/);
  assert.throws(() => replica.get({ id: "4" }), { code: "resource_exhausted" });
  await failed;
  // It is written, though it cannot be read here.
  await replica.put({ id: "5" }, "written");
  assert.equal((await letters.get({ id: "5" }))?.value, "written");
});

test("Replica: goes on after a restart of the server, and knows when it hears nothing", async () => {
  await using world = await startWorld({ connect: PATIENT });
  const { letters } = await openLetters(world.nc);
  await letters.put({ id: "a" }, "a");
  await using replica = letters.replica();
  await replica.ready;
  await eventually(() => assert.equal(replica.staleness.isBehind, false));
  await world.server.kill();
  await eventually(() => assert.ok(replica.staleness.isBehind));
  assert.ok(replica.staleness.ms > 3_000);
  assert.equal(replica.get({ id: "a" })?.value, "a");
  await world.server.restart();
  await eventually(() => world.nc.flush(), { timeoutMs: 30_000 });
  await replica.put({ id: "b" }, "b");
  assert.equal(replica.get({ id: "b" })?.value, "b");
  await eventually(() => assert.equal(replica.staleness.isBehind, false));
});

test("Replica: goes on without its consumer, and fails without its bucket", async () => {
  await using world = await startWorld();
  const { bucket, letters } = await openLetters(world.nc, { storage: "memory" });
  await using replica = letters.replica();
  await replica.ready;
  await removeConsumers(world.nc);
  await replica.put({ id: "a" }, "a");
  assert.equal(replica.get({ id: "a" })?.value, "a");
  await bucket.destroy();
  const failure = await replica.closed;
  assert.equal(failure?.message, "Cannot watch letter.* of bucket letters: stream not found");
  assert.throws(() => replica.get({ id: "a" }), failure);
});

test("Replica: forgets what was purged from the stream without a word", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  for (const id of "abc") await letters.put({ id }, id);
  await using replica = letters.replica({}, { verifyMs: 100 });
  await replica.ready;
  const { seen, done } = collect(replica.changes());
  const { streams } = await jetstreamManager(world.nc);
  await streams.purge("KV_letters", { seq: 3 });
  await eventually(() => assert.equal(replica.size, 1));
  assert.equal(replica.get({ id: "c" })?.value, "c");
  await streams.purge("KV_letters");
  await eventually(() => assert.equal(replica.size, 0));
  assert.deepEqual(seen, ["a purge", "b purge", "c purge"]);
  await replica[Symbol.asyncDispose]();
  await done;
});

test("Replica: of a bucket that was made anew it is made anew, and replaced as a whole", async () => {
  await using world = await startWorld({ connect: PATIENT });
  const { bucket, letters } = await openLetters(world.nc);
  for (const id of "cx") await letters.put({ id }, "new");
  await using other = await saveStore(world);
  await bucket.destroy();
  await openLetters(world.nc);
  for (const id of "abc") await letters.put({ id }, id);
  await using replica = letters.replica();
  await replica.ready;
  const { seen, done } = collect(replica.changes());
  const rejected = assert.rejects(replica.waitFor(99, { timeoutMs: 60_000 }), { code: "aborted" });
  const states = new Set<string>();
  const watcher = setInterval(() => {
    states.add([...replica.entries()].map(({ key, value }) => `${key.id}=${value}`).join());
  }, 1);
  await other.restore();
  await rejected;
  await eventually(() => assert.equal(seen.length, 4), { timeoutMs: 30_000 });
  clearInterval(watcher);
  assert.deepEqual(seen, ["a purge", "b purge", "c=new", "x=new"]);
  for (const state of states) assert.ok(["a=a,b=b,c=c", "c=new,x=new"].includes(state), state);
  assert.equal(replica.revision, 2);
  await replica.put({ id: "y" }, "y");
  assert.equal(replica.get({ id: "y" })?.value, "y");
  await replica[Symbol.asyncDispose]();
  await done;
});

test("Value.replica() holds the one value", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "settings", { storage: "memory" });
  const limit = value(bucket, { key: "limits.rate", codec: json<number>() });
  await using replica = limit.replica();
  await replica.ready;
  assert.equal(replica.get({}), undefined);
  await replica.put({}, 5);
  assert.equal(replica.get({})?.value, 5);
  await replica.waitFor((await limit.put(6)).revision);
  assert.equal(replica.get({})?.value, 6);
});
