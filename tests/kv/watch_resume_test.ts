import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import type { WatchEvent } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { fill, type Letters, openLetters, PATIENT, removeConsumers } from "./_letters.ts";
import { reconnected, saveStore } from "./_saved_store.ts";

type Event = WatchEvent<{ id: string }, string>;

/** More than what is on its way to a slow reader at once. */
const MANY = 6_000;

function describe(event: Event): string {
  switch (event.type) {
    case "entry":
      return `${event.entry.key.id}=${event.entry.value}`;
    case "delete":
      return `${event.entry.key.id} ${event.entry.operation}`;
    case "error":
      return `${event.key.id} error`;
    default:
      return event.type;
  }
}

/** Puts letters one after the other; each value is its id. */
async function putAll(letters: Letters["letters"], ids: string): Promise<void> {
  for (const id of ids) await letters.put({ id }, id);
}

test("Entity.watch() from a revision gives what came after it, then ready", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await putAll(letters, "abc");
  const seenFrom = async (from: number) => {
    const seen: string[] = [];
    for await (const event of letters.watch({}, { from })) {
      seen.push(describe(event));
      if (event.type === "ready") return seen;
    }
    return seen;
  };
  assert.deepEqual(await seenFrom(0), ["a=a", "b=b", "c=c", "ready"]);
  assert.deepEqual(await seenFrom(1), ["b=b", "c=c", "ready"]);
  assert.deepEqual(await seenFrom(3), ["ready"]);
  // No revision of this bucket: whoever remembers it has seen another one.
  assert.deepEqual(await seenFrom(9), ["reset", "a=a", "b=b", "c=c", "ready"]);
  for (const from of [-1, 1.5, Number.NaN]) {
    assert.throws(() => letters.watch({}, { from }), {
      code: "invalid_argument",
      message: `Cannot watch letter.* as from must be a revision, or 0: current value is ${from}`,
    });
  }
});

test("Entity.watch() from a revision that is long gone begins with the first that is left", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await putAll(letters, "aaaaabbbbb");
  const seen: string[] = [];
  for await (const event of letters.watch({}, { from: 2 })) {
    seen.push(describe(event));
    if (event.type === "ready") break;
  }
  assert.deepEqual(seen, ["a=a", "b=b", "ready"]);
});

test("Entity.watch() goes on after a restart of the server, without gap or repeat", async () => {
  await using world = await startWorld({ connect: PATIENT });
  const { letters } = await openLetters(world.nc);
  await putAll(letters, "ab");
  const seen: string[] = [];
  for await (const event of letters.watch({}, { deletes: true })) {
    seen.push(describe(event));
    if (event.type === "ready") {
      await letters.put({ id: "c" }, "c");
      await world.server.restart();
      await reconnected(world.nc);
      await putAll(letters, "def");
      await letters.delete({ id: "a" });
    }
    if (seen.at(-1) === "d=d") await world.server.restart();
    if (event.type === "delete") break;
  }
  assert.deepEqual(seen, ["a=a", "b=b", "ready", "c=c", "d=d", "e=e", "f=f", "a delete"]);
});

test("Entity.watch() resumes in a snapshot: every value once, none of an older revision", async () => {
  await using world = await startWorld();
  for (const history of [1, 3]) {
    const { bucket, letters } = await openLetters(world.nc, { storage: "memory", history });
    await fill(world.nc, 0, MANY);
    await fill(world.nc, 0, MANY);
    const revisions: number[] = [];
    for await (const event of letters.watch()) {
      if (event.type === "ready") break;
      assert.ok(event.type === "entry");
      assert.equal(event.entry.value, event.entry.key.id);
      revisions.push(event.entry.revision);
      if (revisions.length === 100 || revisions.length === 5_000) await removeConsumers(world.nc);
    }
    assert.deepEqual(revisions, Array.from({ length: MANY }, (_, index) => MANY + index + 1));
    await bucket.destroy();
  }
});

test("Entity.watch() with a history gives the last revisions, then each, also after a break", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory", history: 5 });
  await putAll(letters, "aab");
  const revisions: (number | string)[] = [];
  for await (const event of letters.watch()) {
    revisions.push(event.type === "entry" ? event.entry.revision : event.type);
    if (event.type === "ready") {
      await removeConsumers(world.nc);
      await putAll(letters, "aaab");
    }
    if (revisions.at(-1) === 7) break;
  }
  assert.deepEqual(revisions, [2, 3, "ready", 4, 5, 6, 7]);
});

test("Entity.watch() resumes where the first revision left is a later one", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await putAll(letters, "a");
  const seen: string[] = [];
  for await (const event of letters.watch()) {
    seen.push(describe(event));
    if (event.type === "ready") {
      await removeConsumers(world.nc);
      await putAll(letters, "abababab");
    }
    if (seen.at(-1) === "b=b") break;
  }
  assert.deepEqual(seen, ["a=a", "ready", "a=a", "b=b"]);
});

test("Entity.watch() is ready only when it has given what was overwritten meanwhile", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await fill(world.nc, 0, MANY);
  const seen = new Map<string, string>();
  for await (const event of letters.watch()) {
    if (event.type === "ready") break;
    assert.ok(event.type === "entry");
    seen.set(event.entry.key.id, event.entry.value);
    if (seen.size === 1) {
      // The last of the snapshot is still at the server; new keys come before its new revision.
      for (let id = 0; id < 50; id++) await letters.put({ id: `new${id}` }, "new");
      await letters.put({ id: `${MANY - 1}` }, "newer");
    }
  }
  assert.equal(seen.size, MANY + 50);
  assert.equal(seen.get(`${MANY - 1}`), "newer");
});

test("Entity.watch() is ready though a value of the snapshot vanished", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await fill(world.nc, 0, MANY);
  const { streams } = await jetstreamManager(world.nc);
  let count = 0;
  for await (const event of letters.watch()) {
    if (event.type === "ready") break;
    if (++count === 1) {
      await streams.purge("KV_letters", { filter: `$KV.letters.letter.${MANY - 1}` });
    }
  }
  assert.equal(count, MANY - 1);
});

test("Entity.watch() goes on when all is purged from the stream", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc, { storage: "memory" });
  await putAll(letters, "ab");
  const { streams } = await jetstreamManager(world.nc);
  const seen: string[] = [];
  for await (const event of letters.watch()) {
    seen.push(describe(event));
    if (event.type === "ready") {
      await streams.purge("KV_letters");
      await letters.put({ id: "c" }, "c");
    }
    if (seen.at(-1) === "c=c") {
      await removeConsumers(world.nc);
      await streams.purge("KV_letters");
      await letters.put({ id: "d" }, "d");
    }
    if (seen.at(-1) === "d=d") break;
  }
  assert.deepEqual(seen, ["a=a", "b=b", "ready", "c=c", "d=d"]);
});

test("Entity.watch() says that the bucket was made anew, and gives what it has now", async () => {
  await using world = await startWorld();
  const { bucket, letters } = await openLetters(world.nc, { storage: "memory" });
  await putAll(letters, "abc");
  const seen: string[] = [];
  for await (const event of letters.watch()) {
    seen.push(describe(event));
    if (seen.at(-1) === "ready" && seen.length === 4) {
      await bucket.destroy();
      await openLetters(world.nc, { storage: "memory" });
      // More revisions than the bucket before had: it is not told by their number.
      await putAll(letters, "xxxxx");
    }
    if (seen.at(-1) === "ready" && seen.length > 4) break;
  }
  assert.deepEqual(seen, ["a=a", "b=b", "c=c", "ready", "reset", "x=x", "ready"]);
});

test("Entity.watch() notices that the server was set back, also if it has grown since", async () => {
  await using world = await startWorld({ connect: PATIENT });
  const { letters } = await openLetters(world.nc);
  await putAll(letters, "ab");
  await using before = await saveStore(world);
  await putAll(letters, "cd");
  const seen: string[] = [];
  for await (const event of letters.watch()) {
    seen.push(describe(event));
    if (seen.at(-1) === "q=q") {
      await before.restore();
      // The last revision that was given is there again, and is another one.
      await putAll(letters, "xyz");
    }
    if (event.type !== "ready") continue;
    const readies = seen.filter((text) => text === "ready").length;
    if (readies === 1) await before.restore();
    if (readies === 2) await putAll(letters, "pq");
    if (readies === 3) break;
  }
  assert.deepEqual(seen, [
    ...["a=a", "b=b", "c=c", "d=d", "ready"],
    ...["reset", "a=a", "b=b", "ready", "p=p", "q=q"],
    ...["reset", "a=a", "b=b", "x=x", "y=y", "z=z", "ready"],
  ]);
});

test("Entity.watch() goes on when its server has answered nothing for a while", async () => {
  await using world = await startWorld();
  const { letters } = await openLetters(world.nc);
  const seen: string[] = [];
  for await (const event of letters.watch()) {
    seen.push(describe(event));
    if (event.type === "ready") {
      world.server.pause();
      setTimeout(() => world.server.resume(), 4_000);
      world.nc.publish("$KV.letters.letter.a", '"a"');
    } else break;
  }
  assert.deepEqual(seen, ["ready", "a=a"]);
});

test("Entity.watch() of a replicated bucket goes on when a server of the cluster is gone", async () => {
  await using world = await startWorld({ cluster: 3, connect: PATIENT });
  const { letters } = await openLetters(world.nc, { replicas: 3 });
  await putAll(letters, "ab");
  const { streams } = await jetstreamManager(world.nc);
  const write = (id: string) =>
    eventually(async () => {
      // Twice is once: it is not known of an attempt that failed whether it was stored.
      const found = await letters.get({ id });
      if (found === undefined) await letters.create({ id }, id);
    }, { timeoutMs: 30_000 });
  const seen: string[] = [];
  for await (const event of letters.watch()) {
    seen.push(describe(event));
    if (event.type === "ready") {
      await write("c");
      await (await world.cluster!.streamLeader("KV_letters")).kill();
      for (const id of "def") await write(id);
    }
    if (seen.at(-1) === "f=f") break;
  }
  assert.deepEqual(seen, ["a=a", "b=b", "ready", "c=c", "d=d", "e=e", "f=f"]);
  for (const server of world.cluster!.servers) {
    if (server.state === "stopped") await server.restart();
  }
  await eventually(async () => {
    assert.equal((await streams.info("KV_letters")).state.consumer_count, 0);
  }, { timeoutMs: 60_000 });
});
