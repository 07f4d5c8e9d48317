import assert from "node:assert/strict";
import { test } from "node:test";
import { Later } from "../../src/kv/_later.ts";
import { startWorld } from "../_support/world.ts";
import { openLetters } from "./_letters.ts";

/** Numbers from 1, and whether they were begun and ended. */
class Numbers implements AsyncIterator<number> {
  given = 0;
  isEnded = false;

  next(): Promise<IteratorResult<number>> {
    return Promise.resolve({ value: ++this.given, done: false });
  }

  return(): Promise<IteratorResult<number>> {
    this.isEnded = true;
    return Promise.resolve({ value: undefined, done: true });
  }
}

/** Items that are loaded when it is said. */
function later(): {
  items: Later<number>;
  numbers: Numbers;
  load: () => void;
  loads: () => number;
} {
  const numbers = new Numbers();
  let load = () => {};
  const loaded = new Promise<void>((resolve) => load = resolve);
  let count = 0;
  const items = new Later<number>(async () => {
    count++;
    await loaded;
    return numbers;
  });
  return { items, numbers, load: () => load(), loads: () => count };
}

test("Later loads with the first item, once, and gives items in order", async () => {
  const { items, load, loads } = later();
  assert.equal(loads(), 0);
  const first = [items.next(), items.next(), items.next()];
  load();
  const found = await Promise.all([...first, items.next()]);
  assert.deepEqual(found.map(({ value }) => value), [1, 2, 3, 4]);
  assert.deepEqual(await items.next(), { value: 5, done: false });
  assert.equal(loads(), 1);
});

test("Later that ends before it is loaded never begins", async () => {
  const { items, numbers, load } = later();
  const first = items.next();
  assert.deepEqual(await items.return(), { value: undefined, done: true });
  load();
  assert.deepEqual(await first, { value: undefined, done: true });
  assert.deepEqual(await items.next(), { value: undefined, done: true });
  assert.equal(numbers.given, 0);
});

test("Later that ends before its first item loads nothing", async () => {
  const { items, loads } = later();
  await items.return();
  assert.deepEqual(await items.next(), { value: undefined, done: true });
  assert.equal(loads(), 0);
});

test("Later ends what it has loaded", async () => {
  const { items, numbers, load } = later();
  load();
  for await (const item of items) {
    if (item === 3) break;
  }
  assert.deepEqual([numbers.given, numbers.isEnded], [3, true]);
});

test("Later fails as what it loads does", async () => {
  const items = new Later<number>(() => Promise.reject(new Error("no network")));
  await assert.rejects(items.next(), { message: "no network" });
});

test("a watch, a list and a replica that end at once ask the server for nothing", async () => {
  await using world = await startWorld();
  const { letters, bucket } = await openLetters(world.nc, { storage: "memory" });
  const made: string[] = [];
  const watcher = await world.connect();
  const hearing = watcher.subscribe("$JS.API.CONSUMER.CREATE.>", {
    callback: (_, { subject }) => void made.push(subject),
  });
  await watcher.flush();

  const aborted = new AbortController();
  const watches = [
    letters.watch(),
    letters.watch({}, { signal: aborted.signal }),
    letters.keys(),
    bucket.watch(">").batches(),
  ];
  const first = watches.map((watch) => watch.next());
  const replicas = [letters.replica(), letters.replica({}, { signal: aborted.signal })];
  aborted.abort();
  await Promise.all(watches.map((watch) => watch.return?.()));
  await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  for (const { done } of await Promise.all(first)) assert.equal(done, true);
  for (const replica of replicas) {
    assert.equal(await replica.closed, undefined);
    await assert.rejects(replica.ready, { code: "failed_precondition" });
  }

  // What comes after them is all that the server hears of.
  for await (const { type } of letters.watch({ id: "a" })) if (type === "ready") break;
  await watcher.flush();
  assert.deepEqual(made.map((subject) => /letter\.\w+$/.exec(subject)?.[0]), ["letter.a"]);
  hearing.unsubscribe();
});
