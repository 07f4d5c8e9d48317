import assert from "node:assert/strict";
import { test } from "node:test";
import { createPublisher, defineEvent, ensureStream } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { runAll, runEach } from "../../src/consumers/_flow.ts";
import { lossyConnection } from "./_lossy_connection.ts";
import { countIn, storedIn } from "./_stored.ts";

const STREAM = { name: "paid", subjects: ["order.paid.*"], retention: "limits" } as const;
const paid = defineEvent(json<{ id: string }>(), { subject: "order.paid.{id}" });

/** Events with the numbers from 0 on as ids. */
function* numbered(count: number): Generator<{ id: string }> {
  for (let index = 0; index < count; index++) yield { id: String(index) };
}

/** The same, one by one. */
async function* later(count: number): AsyncGenerator<{ id: string }> {
  for (const event of numbered(count)) {
    await Promise.resolve();
    yield event;
  }
}

test("publishMany() publishes in order and gives the results in order", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  const sources = [[...numbered(1_000)], numbered(1_000), later(1_000)];
  for (const [round, events] of sources.entries()) {
    const results = await publisher.publishMany(events, { maxInFlight: 64 });
    const sequences = results.map(({ ack }) => ack?.sequence);
    assert.deepEqual(
      sequences,
      Array.from({ length: 1_000 }, (_, index) => round * 1_000 + index + 1),
    );
  }
  assert.deepEqual(await publisher.publishMany([]), []);
  assert.equal(await countIn(world.nc, "paid"), 3_000);
  const last = (await storedIn(world.nc, "paid")).slice(-3).map(({ subject }) => subject);
  assert.deepEqual(last, ["order.paid.997", "order.paid.998", "order.paid.999"]);
});

test("publishMany() reports each failure in its place", async () => {
  await using world = await startWorld({ maxPayload: 4_096 });
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  const circle: { id: string; self?: unknown } = { id: "c" };
  circle.self = circle;
  const events = [{ id: "a" }, { id: "b.c" }, { id: "d", text: "x".repeat(5_000) }, circle, {
    id: "e",
  }];
  const results = await publisher.publishMany(events, { headers: { tenant: "acme" } });
  assert.deepEqual(
    results.map(({ ack, error }) => ack?.sequence ?? error?.code),
    [1, "invalid_argument", "resource_exhausted", "invalid_argument", 2],
  );
  const [first] = await storedIn(world.nc, "paid");
  assert.deepEqual(first!.headers["tenant"], ["acme"]);
});

test("publishMany() loses nothing and doubles nothing when messages and answers get lost", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const { nc, loseAck, loseMessage } = lossyConnection(await world.connect());
  const publisher = createPublisher(nc, paid, { timeoutMs: 300 });
  for (const id of [3, 50, 77]) loseAck(new RegExp(`paid\\.${id}$`));
  for (const id of [4, 51, 99]) loseMessage(new RegExp(`paid\\.${id}$`));
  const results = await publisher.publishMany(numbered(100), { maxInFlight: 16 });
  assert.equal(new Set(results.map(({ ack }) => ack?.sequence)).size, 100);
  assert.equal(await countIn(world.nc, "paid"), 100);
});

test("publishMany() ends with its signal: what was taken has a result", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<{ id: string }> {
    yield* numbered(10);
    await new Promise(() => {});
  }
  const publishing = publisher.publishMany(endless(), { signal: stop.signal });
  await eventually(async () => assert.equal(await countIn(world.nc, "paid"), 10));
  stop.abort();
  assert.equal((await publishing).length, 10);
  const aborted = AbortSignal.abort();
  assert.deepEqual(await publisher.publishMany(numbered(3), { signal: aborted }), []);
});

test("publishMany() passes on what its source throws, after the rest has ended", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  function* broken(): Generator<{ id: string }> {
    yield* numbered(10);
    throw new Error("no more");
  }
  await assert.rejects(publisher.publishMany(broken()), { message: "no more" });
  assert.equal(await countIn(world.nc, "paid"), 10);
  await assert.rejects(publisher.publishMany([], { maxInFlight: 0 }), RangeError);
});

test("publishEach() yields each result when it is there, also while the source waits", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  let isClosed = false;
  async function* slow(): AsyncGenerator<{ id: string }> {
    try {
      yield { id: "a" };
      yield { id: "b" };
      await new Promise(() => {});
    } finally {
      isClosed = true;
    }
  }
  const sequences: (number | undefined)[] = [];
  const stop = new AbortController();
  for await (const { ack } of publisher.publishEach(slow(), { signal: stop.signal })) {
    sequences.push(ack?.sequence);
    if (sequences.length === 2) stop.abort();
  }
  assert.deepEqual(sequences, [1, 2]);
  assert.equal(isClosed, false, "a source that waits for ever cannot be closed");
  const all: (number | undefined)[] = [];
  for await (const { ack } of publisher.publishEach(numbered(500), { maxInFlight: 16 })) {
    all.push(ack?.sequence);
  }
  assert.deepEqual(all, Array.from({ length: 500 }, (_, index) => index + 3));
});

test("runAll() and runEach() never run more at once than they may", async () => {
  for (const maxInFlight of [1, 3, 100]) {
    let running = 0;
    let most = 0;
    const run = async (item: number) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < item % 4; turn++) await Promise.resolve();
      running--;
      return item;
    };
    const items = Array.from({ length: 50 }, (_, index) => index);
    const options = { maxInFlight, signal: undefined };
    assert.deepEqual(await runAll(items, run, options), items);
    assert.ok(most <= maxInFlight, `${most} of ${maxInFlight}`);
    most = 0;
    const each: number[] = [];
    for await (const item of runEach(items, run, options)) each.push(item);
    assert.deepEqual(each, items);
    assert.ok(most <= maxInFlight, `${most} of ${maxInFlight}`);
  }
});

test("runEach() closes its source when its reader leaves", async () => {
  let isClosed = false;
  function* source(): Generator<number> {
    try {
      for (let item = 0;; item++) yield item;
    } finally {
      isClosed = true;
    }
  }
  const run = (item: number) => Promise.resolve(item);
  for await (const item of runEach(source(), run, { maxInFlight: 4, signal: undefined })) {
    if (item === 10) break;
  }
  await eventually(() => assert.ok(isClosed));
});
