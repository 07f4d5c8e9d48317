import assert from "node:assert/strict";
import { test } from "node:test";
import { createPublisher, defineEvent, ensureStream } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { startWorld } from "../_support/world.ts";

const STREAM = { name: "paid", subjects: ["order.paid.*"], retention: "limits" } as const;
const paid = defineEvent(json<{ id: string }>(), {
  subject: "order.paid.{id}",
  id: (event) => event.id,
});

test("publish() stores an event once, however often it is published", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  assert.deepEqual(await publisher.publish({ id: "7" }), {
    stream: "paid",
    sequence: 1,
    duplicate: false,
  });
  assert.equal((await publisher.publish({ id: "7" })).duplicate, true);
  assert.equal((await publisher.publish({ id: "8" })).sequence, 2);
});

test("publish() rides out a restart of the server", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid, { timeoutMs: 500, attempts: 20 });
  await world.server.kill();
  const acks = Promise.all(["1", "2", "3"].map((id) => publisher.publish({ id })));
  await world.server.restart();
  assert.deepEqual((await acks).map(({ sequence }) => sequence).sort(), [1, 2, 3]);
});

test("publish() gives up with the reason where no stream listens", async () => {
  await using world = await startWorld();
  const publisher = createPublisher(world.nc, paid, { attempts: 2 });
  await assert.rejects(publisher.publish({ id: "7" }), {
    code: "unavailable",
    stage: "post",
    message: /^Cannot publish on order\.paid\.7/,
  });
});

test("publish() refuses data that would turn into routing", async () => {
  await using world = await startWorld();
  const publisher = createPublisher(world.nc, paid);
  await assert.rejects(publisher.publish({ id: "7.8" }), { code: "invalid_argument" });
});

test("publish() refuses what is larger than the server takes, before it is sent", async () => {
  await using world = await startWorld({ maxPayload: 4_096 });
  const publisher = createPublisher(
    world.nc,
    defineEvent(json<{ text: string }>(), { subject: "notes" }),
  );
  await assert.rejects(publisher.publish({ text: "x".repeat(5_000) }), {
    code: "resource_exhausted",
    message: "Cannot publish on notes as an event must have at most 4096 bytes: " +
      "current size is 5011",
  });
});

test("ensureStream() is idempotent, updates, and names what cannot be changed", async () => {
  await using world = await startWorld();
  await Promise.all([ensureStream(world.nc, STREAM), ensureStream(world.nc, STREAM)]);
  await ensureStream(world.nc, { ...STREAM, subjects: ["order.paid.*", "order.sent.*"] });
  await assert.rejects(ensureStream(world.nc, { ...STREAM, retention: "interest" }), {
    code: "failed_precondition",
    message: "Cannot provide stream paid as retention must be interest: current value is limits",
  });
});
