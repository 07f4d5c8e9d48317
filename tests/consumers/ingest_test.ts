import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { createPublisher, defineEvent, ensureStream } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { readFastBatchReply } from "../../src/consumers/_fast_batch.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { lossyConnection } from "./_lossy_connection.ts";
import { countIn, storedIn } from "./_stored.ts";

const STREAM = {
  name: "logs",
  subjects: ["log.*"],
  retention: "limits",
  allowBatched: true,
} as const;
const logged = defineEvent(json<{ id: string; text?: string }>(), { subject: "log.{id}" });

function* numbered(count: number): Generator<{ id: string }> {
  for (let index = 0; index < count; index++) yield { id: String(index) };
}

async function* later(count: number): AsyncGenerator<{ id: string }> {
  for (const event of numbered(count)) {
    await Promise.resolve();
    yield event;
  }
}

/** Whether a stream holds each of so many events once. */
async function assertEachOnce(nc: NatsConnection, total: number): Promise<void> {
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  const { state } = await streams.info("logs", { subjects_filter: ">" });
  assert.equal(state.messages, total);
  assert.equal(Object.keys(state.subjects!).length, total);
}

test("ingest() stores everything in order", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, logged);
  assert.deepEqual(await publisher.ingest([]), { stream: "", sequence: 0, count: 0 });
  const headers = { tenant: "acme" };
  const first = await publisher.ingest(numbered(1), { headers });
  assert.deepEqual(first, { stream: "logs", sequence: 1, count: 1 });
  const few = await publisher.ingest([...numbered(7)], { ackInterval: 2 });
  assert.deepEqual(few, { stream: "logs", sequence: 8, count: 7 });
  const many = await publisher.ingest(later(5_000));
  assert.deepEqual(many, { stream: "logs", sequence: 5_008, count: 5_000 });
  const stored = await storedIn(world.nc, "logs");
  assert.deepEqual(stored[0]!.headers["tenant"], ["acme"]);
  const subjects = [...numbered(1), ...numbered(7), ...numbered(5_000)].map(({ id }) =>
    `log.${id}`
  );
  assert.deepEqual(stored.map(({ subject }) => subject), subjects);
});

test("ingest() stores each event once when messages and answers get lost", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const { nc, loseAck, loseMessage } = lossyConnection(await world.connect());
  const publisher = createPublisher(nc, logged, { timeoutMs: 400 });
  loseMessage(/^log\.1234$/);
  loseMessage(/^log\.2500$/);
  loseAck(/^log\.2999$/);
  const { count } = await publisher.ingest(numbered(4_000), { ackInterval: 100 });
  assert.equal(count, 4_000);
  await assertEachOnce(world.nc, 4_000);
});

test("ingest() rides out kill -9 of the server: nothing is lost, nothing twice", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, logged, { timeoutMs: 1_000 });
  const total = 20_000;
  let taken = 0;
  async function* counted(): AsyncGenerator<{ id: string }> {
    for (const event of numbered(total)) {
      // Leaves the server time to be killed in the middle.
      if (++taken % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      yield event;
    }
  }
  const ingesting = publisher.ingest(counted());
  await eventually(() => assert.ok(taken >= 2_000), { intervalMs: 1 });
  await world.server.kill();
  assert.ok(taken < total);
  await world.server.restart();
  const { count } = await ingesting;
  assert.equal(count, total);
  await assertEachOnce(await world.connect(), total);
});

test("ingest() of what the stream has already stores nothing twice", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const event = defineEvent(json<{ id: string }>(), { subject: "log.{id}", id: ({ id }) => id });
  const publisher = createPublisher(world.nc, event);
  await publisher.ingest(numbered(1_500));
  const { count } = await publisher.ingest(numbered(3_000));
  assert.equal(count, 3_000);
  await assertEachOnce(world.nc, 3_000);
});

test("ingest() ends at what cannot be stored, and tells how far it came", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, maxMessageBytes: 1_000 });
  const publisher = createPublisher(world.nc, logged);
  const events = [...numbered(50), { id: "big", text: "x".repeat(2_000) }, ...numbered(50)];
  await assert.rejects(publisher.ingest(events), {
    code: "resource_exhausted",
    message: /^Cannot publish on log\.big: message size exceeds.*\(\d+ events are stored\)$/,
  });
  await assert.rejects(publisher.ingest([{ id: "a" }, { id: "b.c" }]), {
    code: "invalid_argument",
  });
  for (const ackInterval of [0, 501, 1.5]) {
    await assert.rejects(publisher.ingest([], { ackInterval }), RangeError);
  }
});

test("ingest() ends with its signal", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, logged);
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<{ id: string }> {
    yield* numbered(10);
    await new Promise(() => {});
  }
  const ingesting = publisher.ingest(endless(), { signal: stop.signal });
  await eventually(async () => assert.equal(await countIn(world.nc, "logs"), 10));
  stop.abort();
  await assert.rejects(ingesting, { code: "canceled" });
  const aborted = { signal: AbortSignal.abort() };
  await assert.rejects(publisher.ingest(numbered(3), aborted), { code: "canceled" });
});

test("ingest() passes on what its source throws", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  function* broken(): Generator<{ id: string }> {
    yield* numbered(10);
    throw new Error("no more");
  }
  await assert.rejects(createPublisher(world.nc, logged).ingest(broken()), { message: "no more" });
});

test("ingest() names what the stream and the server must allow", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, allowBatched: false });
  await assert.rejects(createPublisher(world.nc, logged).ingest(numbered(2)), {
    code: "failed_precondition",
    message: "Cannot ingest events as its stream must have allowBatched: batch publish is disabled",
  });
  const elsewhere = defineEvent(json<{ id: string }>(), { subject: "elsewhere" });
  await assert.rejects(createPublisher(world.nc, elsewhere).ingest(numbered(2)), {
    code: "not_found",
  });
  const nc = await world.connect();
  const old = Object.create(nc, { info: { value: { ...nc.info, version: "2.12.4" } } });
  await assert.rejects(createPublisher(old, logged).ingest(numbered(2)), {
    code: "failed_precondition",
    message:
      "Cannot ingest events as nats-server must be 2.14.0 or newer: current version is 2.12.4",
  });
  assert.equal(await countIn(world.nc, "logs"), 0);
});

test("readFastBatchReply() takes the server's word, and everything else for an end", () => {
  const cases: [text: string, wanted: object][] = [
    ['{"type":"ack","seq":500,"msgs":250}', { kind: "stored", count: 500, ackInterval: 250 }],
    ['{"type":"ack","seq":0,"msgs":1}', { kind: "stored", count: 0, ackInterval: 1 }],
    ['{"stream":"S","seq":9,"batch":"b","count":7}', {
      kind: "ended",
      count: 7,
      stream: "S",
      sequence: 9,
    }],
    ['{"type":"gap","last_seq":3,"seq":5}', { kind: "ended", count: 0 }],
    ['{"stream":"S","seq":9}', { kind: "ended", count: 0 }],
    ["", { kind: "ended", count: 0 }],
    ["null", { kind: "ended", count: 0 }],
    ["+OK", { kind: "ended", count: 0 }],
  ];
  for (const [text, wanted] of cases) {
    assert.deepEqual(readFastBatchReply(new TextEncoder().encode(text)), wanted, text);
  }
  const refused =
    '{"type":"err","seq":3,"error":{"code":400,"err_code":10054,"description":"big"}}';
  const reply = readFastBatchReply(new TextEncoder().encode(refused));
  assert.equal((reply as { error: { code: number } }).error.code, 10054);
});
