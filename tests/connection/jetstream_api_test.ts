import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { askJetStream, borderOf, readStored, store } from "../../src/connection/mod.ts";
import { startWorld, type World } from "../_support/world.ts";

const TIMEOUT_MS = 5_000;

async function startOrders(world: World) {
  const manager = await jetstreamManager(world.nc);
  await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"] });
  const border = borderOf(world.nc);
  for (const subject of ["orders.a", "orders.b", "orders.a"]) {
    await store(border, subject, new TextEncoder().encode("paid"), { timeoutMs: TIMEOUT_MS });
  }
  return border;
}

test("readStored() finds the message that is asked for", async () => {
  await using world = await startWorld();
  const border = await startOrders(world);
  const read = async (query: Parameters<typeof readStored>[2]) => {
    const found = await readStored(border, "ORDERS", query, TIMEOUT_MS);
    return found && [found.seq, found.subject, atob(found.data ?? "")];
  };
  assert.deepEqual(await read({ last_by_subj: "orders.a" }), [3, "orders.a", "paid"]);
  assert.deepEqual(await read({ seq: 2 }), [2, "orders.b", "paid"]);
  assert.deepEqual(await read({ seq: 2, next_by_subj: "orders.a" }), [3, "orders.a", "paid"]);
  assert.equal(await read({ last_by_subj: "orders.c" }), undefined);
  assert.equal(await read({ seq: 9 }), undefined);
});

test("readStored() and askJetStream() throw what the server refuses", async () => {
  await using world = await startWorld();
  const border = await startOrders(world);
  const refusal = { name: "JetStreamApiError", code: 10059, status: 404, message: /not found/ };
  await assert.rejects(readStored(border, "GONE", { seq: 1 }, TIMEOUT_MS), refusal);
  await assert.rejects(askJetStream(border, "STREAM.INFO.GONE", undefined, TIMEOUT_MS), refusal);
});

test("askJetStream() asks with a request or without", async () => {
  await using world = await startWorld();
  const border = await startOrders(world);
  const request = { filter: "orders.a" };
  const purge = await askJetStream<{ purged: number }>(
    border,
    "STREAM.PURGE.ORDERS",
    request,
    TIMEOUT_MS,
  );
  assert.equal(purge.purged, 2);
  const info = await askJetStream<{ state: { messages: number } }>(
    border,
    "STREAM.INFO.ORDERS",
    undefined,
    TIMEOUT_MS,
  );
  assert.equal(info.state.messages, 1);
});
