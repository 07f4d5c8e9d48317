import assert from "node:assert/strict";
import { test } from "node:test";
import type { NatsConnection } from "@nats-io/nats-core";
import {
  type BatchAck,
  createPublisher,
  defineEvent,
  ensureStream,
  publishBatch,
} from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { startWorld } from "../_support/world.ts";
import { lossyConnection } from "./_lossy_connection.ts";
import { countIn, storedIn } from "./_stored.ts";

const STREAM = {
  name: "orders",
  subjects: ["order.>"],
  retention: "limits",
  allowAtomic: true,
} as const;
const paid = defineEvent(json<{ id: string }>(), {
  subject: "order.paid.{id}",
  id: (event) => `paid-${event.id}`,
});
const noted = defineEvent(json<{ id: string; text?: string }>(), { subject: "order.noted.{id}" });

function numbered(count: number, from = 0): { id: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: String(from + index) }));
}

test("publishBatch() stores all, one after the other", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  const ack = await publisher.publishBatch(numbered(3), { headers: { tenant: "acme" } });
  assert.deepEqual(ack, { stream: "orders", sequence: 3, count: 3, duplicate: false });
  const single = await publisher.publishBatch(numbered(1, 3));
  assert.deepEqual([single.sequence, single.count], [4, 1]);
  const whole = await publisher.publishBatch(numbered(1_000, 4));
  assert.deepEqual([whole.sequence, whole.count], [1_004, 1_000]);
  const stored = await storedIn(world.nc, "orders");
  assert.deepEqual(
    stored.map(({ text }) => text),
    numbered(1_004).map((event) => JSON.stringify(event)),
  );
  assert.deepEqual(stored[1]!.headers["tenant"], ["acme"]);
});

test("publishBatch() stores nothing of a batch that cannot be stored whole", async () => {
  await using world = await startWorld({ maxPayload: 65_536 });
  await ensureStream(world.nc, { ...STREAM, maxMessageBytes: 4_096 });
  const publisher = createPublisher(world.nc, noted);
  const big = [{ id: "a" }, { id: "b", text: "x".repeat(5_000) }, { id: "c" }];
  await assert.rejects(publisher.publishBatch(big), {
    message: /^Cannot publish on order\.noted\.c/,
  });
  const huge = [{ id: "a" }, { id: "b", text: "x".repeat(70_000) }];
  await assert.rejects(publisher.publishBatch(huge), { code: "resource_exhausted" });
  await assert.rejects(publisher.publishBatch([{ id: "a" }, { id: "b.c" }]), {
    code: "invalid_argument",
  });
  await assert.rejects(publisher.publishBatch(numbered(1_001)), {
    code: "resource_exhausted",
    message: /too large: 1000/,
  });
  await assert.rejects(publisher.publishBatch([]), { code: "invalid_argument" });
  assert.equal(await countIn(world.nc, "orders"), 0);
});

test("publishBatch() holds what is expected of the stream", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, noted);
  await publisher.publish({ id: "a" });
  const fails = [{ lastSequence: 0 }, { lastSubjectSequence: 0 }];
  for (const expect of fails) {
    await assert.rejects(publisher.publishBatch([{ id: "a" }, { id: "b" }], { expect }), {
      code: "aborted",
      message: /wrong last sequence/,
    });
  }
  await assert.rejects(publisher.publishBatch([{ id: "a" }], { expect: { stream: "other" } }), {
    code: "failed_precondition",
  });
  assert.equal(await countIn(world.nc, "orders"), 1);
  const expect = { lastSequence: 1, lastSubjectSequence: 1 };
  const ack = await publisher.publishBatch([{ id: "a" }, { id: "b" }], { expect });
  assert.equal(ack.sequence, 3);
});

test("publishBatch() knows a batch that is stored already, and refuses half of one", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  await publisher.publishBatch(numbered(3));
  assert.deepEqual(await publisher.publishBatch(numbered(3)), {
    stream: "orders",
    sequence: 3,
    count: 3,
    duplicate: true,
  });
  await assert.rejects(publisher.publishBatch(numbered(4)), { code: "already_exists" });
  assert.equal(await countIn(world.nc, "orders"), 3);
  assert.equal((await publisher.publish({ id: "3" })).duplicate, false, "its id is still free");
});

/** Publishes a batch of five, on a connection that loses something. */
async function publishFive(nc: NatsConnection): Promise<BatchAck> {
  const publisher = createPublisher(nc, noted, { timeoutMs: 300 });
  return await publisher.publishBatch(numbered(5));
}

test("publishBatch() is stored once when an answer or a part of it gets lost", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const { nc, loseAck, loseMessage } = lossyConnection(await world.connect());
  loseAck(/noted\.4$/);
  const [stream, count] = ["orders", 5];
  assert.deepEqual(await publishFive(nc), { stream, sequence: 5, count, duplicate: true });
  for (const [index, part] of [/noted\.2$/, /noted\.0$/, /noted\.4$/].entries()) {
    loseMessage(part);
    // It is a duplicate as well if the answer to the second try comes late.
    const { duplicate: _, ...ack } = await publishFive(nc);
    assert.deepEqual(ack, { stream, sequence: 10 + 5 * index, count });
  }
  assert.equal(await countIn(world.nc, "orders"), 20);
});

test("publishBatch() takes events of several kinds", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  await ensureStream(world.nc, { name: "other", subjects: ["other.*"], allowAtomic: true });
  const publisher = createPublisher(world.nc, paid);
  const notes = createPublisher(world.nc, noted);
  const batch = [
    publisher.prepare({ id: "7" }, { headers: { tenant: "acme" } }),
    notes.prepare({ id: "7" }, { expect: { lastSubjectSequence: 0 } }),
  ];
  assert.deepEqual(await publishBatch(world.nc, batch), {
    stream: "orders",
    sequence: 2,
    count: 2,
    duplicate: false,
  });
  const stored = await storedIn(world.nc, "orders");
  assert.deepEqual(stored.map(({ subject }) => subject), ["order.paid.7", "order.noted.7"]);
  const other = createPublisher(
    world.nc,
    defineEvent(json<{ id: string }>(), { subject: "other.{id}" }),
  );
  await assert.rejects(
    publishBatch(world.nc, [notes.prepare({ id: "8" }), other.prepare({ id: "8" })]),
    { code: "failed_precondition", message: /batch is incomplete/ },
  );
  assert.equal(await countIn(world.nc, "orders"), 2);
});

test("publishBatch() names what the stream and the server must allow", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, allowAtomic: false });
  await assert.rejects(createPublisher(world.nc, paid).publishBatch(numbered(2)), {
    code: "failed_precondition",
    message: "Cannot publish on order.paid.1 as its stream must have allowAtomic: atomic publish " +
      "is disabled",
  });
  const nc = await world.connect();
  const old = Object.create(nc, { info: { value: { ...nc.info, version: "2.12.0" } } });
  await assert.rejects(createPublisher(old, paid).publishBatch(numbered(2)), {
    code: "failed_precondition",
    message: "Cannot publish on order.paid.1 in a batch as nats-server must be 2.12.1 or newer: " +
      "current version is 2.12.0",
  });
  assert.equal(await countIn(world.nc, "orders"), 0);
});
