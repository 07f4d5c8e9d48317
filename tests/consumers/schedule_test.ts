import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cancelScheduled,
  createConsumer,
  createPublisher,
  defineEvent,
  defineHook,
  ensureConsumer,
  ensureStream,
  type ScheduleOptions,
} from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { countIn, storedIn } from "./_stored.ts";

const reminded = defineEvent(json<{ id: string }>(), {
  subject: "order.reminded.{id}",
  id: (event) => event.id,
  headers: { source: "clock" },
});
const STREAM = { name: "orders", events: [reminded], allowSchedules: true } as const;
const LONG_MS = 3_600_000;

test("schedule() has the server publish an event when it is due", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, retention: "limits" });
  const publisher = createPublisher(world.nc, reminded);
  const startedAt = Date.now();
  const scheduled = await publisher.schedule({ id: "7" }, { afterMs: 1_000 });
  assert.equal(scheduled.stream, "orders");
  assert.equal(scheduled.subject, "schedule.order.reminded.7.7");
  assert.ok(scheduled.at.getTime() >= startedAt + 1_000);
  await eventually(async () => {
    const [message, ...rest] = await storedIn(world.nc, "orders");
    assert.deepEqual(rest, []);
    assert.equal(message!.subject, "order.reminded.7");
    assert.equal(message!.text, '{"id":"7"}');
    assert.deepEqual(message!.headers["source"], ["clock"]);
  });
  assert.ok(Date.now() >= scheduled.at.getTime(), "it must not come early");
  assert.equal(await scheduled.cancel(), false, "it is too late");
});

test("schedule() is for a time, and for what is past at once", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, retention: "limits" });
  const publisher = createPublisher(world.nc, reminded);
  const at = new Date(Date.now() - 1_000);
  assert.deepEqual((await publisher.schedule({ id: "7" }, { at })).at, at);
  await eventually(async () => {
    assert.equal((await storedIn(world.nc, "orders"))[0]?.subject, "order.reminded.7");
  });
  const bad = [{}, { at: new Date(Number.NaN) }, { afterMs: -1 }, { afterMs: Infinity }, {
    at,
    afterMs: 1,
  }];
  for (const options of bad) {
    await assert.rejects(publisher.schedule({ id: "7" }, options as ScheduleOptions), {
      code: "invalid_argument",
      message: /^Cannot schedule on order\.reminded\.7 as it must have a valid/,
    });
  }
});

test("a scheduled event can be taken back, also by another process", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, reminded);
  const first = await publisher.schedule({ id: "7" }, { afterMs: LONG_MS });
  const second = await publisher.schedule({ id: "8" }, { afterMs: LONG_MS });
  assert.equal(await countIn(world.nc, "orders"), 2);
  assert.equal(await first.cancel(), true);
  assert.equal(await first.cancel(), false);
  assert.deepEqual((await storedIn(world.nc, "orders")).map(({ subject }) => subject), [
    second.subject,
  ]);
  const { stream, subject } = second;
  assert.equal(await cancelScheduled(await world.connect(), { stream, subject }), true);
  assert.equal(await countIn(world.nc, "orders"), 0);
  const nowhere = cancelScheduled(world.nc, { stream: "nowhere", subject });
  await assert.rejects(nowhere, {
    code: "not_found",
    message: /^Cannot cancel schedule.*not found/,
  });
  // What was taken back can be scheduled anew.
  await publisher.schedule({ id: "7" }, { afterMs: LONG_MS });
  assert.equal(await countIn(world.nc, "orders"), 1);
});

test("schedule() replaces what still waits under the same id, and no other", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, reminded);
  await publisher.schedule({ id: "7" }, { afterMs: LONG_MS });
  const again = await publisher.schedule({ id: "7" }, { afterMs: 2 * LONG_MS });
  const other = await publisher.schedule({ id: "7" }, { afterMs: LONG_MS, id: "a.* /%" });
  const stored = await storedIn(world.nc, "orders");
  assert.deepEqual(stored.map(({ subject }) => subject), [again.subject, other.subject]);
  assert.deepEqual(stored[0]!.headers["Nats-Schedule"], [`@at ${again.at.toISOString()}`]);
  // The event itself is not a duplicate of its schedule.
  assert.equal((await publisher.publish({ id: "7" })).duplicate, false);
});

test("a scheduled event reaches hooks of a stream that keeps by interest", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, namespace: "x" });
  const place = { component: "mail", namespace: "x" };
  const received: string[] = [];
  const hook = defineHook(reminded, { name: "remind" }, ({ id }) => void received.push(id));
  await ensureConsumer(world.nc, hook, place);
  await using _consumer = await createConsumer(world.nc, hook, place);
  const publisher = createPublisher(world.nc, reminded, { namespace: "x" });
  const scheduled = await publisher.schedule({ id: "7" }, { afterMs: 500 });
  assert.equal(scheduled.subject, "x.schedule.order.reminded.7.7");
  await publisher.schedule({ id: "8" }, { afterMs: LONG_MS });
  await eventually(() => assert.deepEqual(received, ["7"]));
  // What is due is gone, what waits is kept although nobody takes it.
  await eventually(async () => assert.equal(await countIn(world.nc, "orders"), 1));
  // Events that nobody hooks are still gone at once.
  const other = defineEvent(json<{ id: string }>(), { subject: "order.seen.{id}" });
  await ensureStream(world.nc, { ...STREAM, events: [other], namespace: "x" });
  await createPublisher(world.nc, other, { namespace: "x" }).publish({ id: "7" });
  assert.equal(await countIn(world.nc, "orders"), 1);
  await createPublisher(world.nc, other, { namespace: "x" }).schedule({ id: "7" }, {
    afterMs: LONG_MS,
  });
  assert.equal(await countIn(world.nc, "orders"), 2);
});

test("schedule() survives a restart of the server", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, reminded);
  await publisher.schedule({ id: "7" }, { afterMs: LONG_MS });
  await world.server.kill();
  await world.server.restart();
  await publisher.schedule({ id: "8" }, { afterMs: LONG_MS });
  assert.equal(await countIn(world.nc, "orders"), 2);
});

test("schedule() gives the event its time to live", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, retention: "limits", allowTtl: true });
  const publisher = createPublisher(world.nc, reminded);
  await publisher.schedule({ id: "7" }, { afterMs: 0, ttlMs: 3_600_000 });
  await eventually(async () => {
    const [message] = await storedIn(world.nc, "orders");
    assert.equal(message?.subject, "order.reminded.7");
    assert.deepEqual(message.headers["Nats-TTL"], ["3600s"]);
  });
});

test("schedule() names what the stream and the server must allow", async () => {
  await using world = await startWorld();
  const { allowSchedules: _, ...plain } = STREAM;
  await ensureStream(world.nc, { ...plain, subjects: ["schedule.>"] });
  await assert.rejects(createPublisher(world.nc, reminded).schedule({ id: "7" }, { afterMs: 1 }), {
    code: "failed_precondition",
    message: /must have allowSchedules: message schedules is disabled/,
  });
  const nc = await world.connect();
  const old = Object.create(nc, { info: { value: { ...nc.info, version: "2.11.9" } } });
  await assert.rejects(createPublisher(old, reminded).schedule({ id: "7" }, { afterMs: 1 }), {
    code: "failed_precondition",
    message: "Cannot schedule on order.reminded.7 as nats-server must be 2.12.0 or newer: " +
      "current version is 2.11.9",
  });
});
