import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { createPublisher, defineEvent, ensureStream } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { lossyConnection } from "./_lossy_connection.ts";

const STREAM = {
  name: "orders",
  subjects: ["order.>"],
  retention: "limits",
  replicas: 3,
  allowAtomic: true,
  allowBatched: true,
} as const;
const noted = defineEvent(json<{ id: string }>(), { subject: "order.noted.{id}" });

function numbered(count: number): { id: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: String(index) }));
}

/** Whether the stream holds each of so many events once. */
async function assertEachOnce(world: World, total: number): Promise<void> {
  const { streams } = await jetstreamManager(await world.connect(), { checkAPI: false });
  // A cluster that has just changed leaders drops a question now and then.
  await eventually(async () => {
    const { state } = await streams.info("orders", { subjects_filter: ">" });
    assert.equal(state.messages, total);
    assert.equal(Object.keys(state.subjects!).length, total);
  });
}

test("publish() rides out the loss of the stream's leader: nothing is lost, nothing twice", async () => {
  await using world = await startWorld({ cluster: 3 });
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, noted, { timeoutMs: 2_000, retryForMs: 120_000 });
  const total = 3_000;
  let acked = 0;
  const publishAll = async (from: number) => {
    for (let index = from; index < total; index += 20) {
      await publisher.publish({ id: String(index) });
      acked++;
    }
  };
  const lanes = Promise.all(Array.from({ length: 20 }, (_, lane) => publishAll(lane)));
  await eventually(() => assert.ok(acked >= 100), { intervalMs: 1, timeoutMs: 60_000 });
  const leader = await world.cluster!.streamLeader("orders");
  await leader.kill();
  assert.ok(acked < total, "it is killed while events are under way");
  await lanes;
  await leader.restart();
  await world.cluster!.ready();
  await assertEachOnce(world, total);
});

test("a cluster settles what it has stored already as a single server does", async () => {
  await using world = await startWorld({ cluster: 3 });
  await ensureStream(world.nc, STREAM);
  const { nc, loseAck } = lossyConnection(await world.connect());
  const publisher = createPublisher(nc, noted, { timeoutMs: 1_000 });
  loseAck(/order/);
  const expect = { lastSequence: 0 };
  const first = await publisher.publish({ id: "a" }, { expect, id: "a" });
  assert.deepEqual([first.sequence, first.duplicate], [1, true]);
  await assert.rejects(publisher.publish({ id: "b" }, { expect, id: "b" }), { code: "aborted" });
  assert.equal((await publisher.publish({ id: "b" }, { id: "b" })).duplicate, false);
  loseAck(/noted\.batch-2$/);
  const batch = ["batch-0", "batch-1", "batch-2"].map((id) => ({ id }));
  const whole = await publisher.publishBatch(batch);
  assert.deepEqual([whole.sequence, whole.count, whole.duplicate], [5, 3, true]);
  const { count } = await publisher.ingest(numbered(2_000));
  assert.equal(count, 2_000);
  await assertEachOnce(world, 2_005);
});
