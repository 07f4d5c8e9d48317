import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { borderOf, patientRequests } from "../../src/connection/mod.ts";
import { startWorld } from "../_support/world.ts";
import { answer } from "./_answer.ts";

test("patientRequests() asks again what is not answered, or not yet", async () => {
  await using world = await startWorld();
  const { request } = patientRequests(borderOf(world.nc));
  await using slow = await answer(await world.connect(), "slow", (message) => {
    if (slow.messages.length === 2) message.respond('{"error":{"code":503,"err_code":10008}}');
    if (slow.messages.length >= 3) message.respond("here");
  });
  assert.equal((await request("slow", "", { timeout: 200 })).string(), "here");
  assert.ok(slow.messages.length >= 3);
});

test("patientRequests() takes what is answered for final", async () => {
  await using world = await startWorld();
  const nc = patientRequests(borderOf(world.nc));
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  const startedAt = performance.now();
  await assert.rejects(streams.info("none"), { name: "StreamNotFoundError" });
  assert.ok(performance.now() - startedAt < 4_500, "at once");
});

test("patientRequests() gives up where nobody listens, and on a closed connection", async () => {
  await using world = await startWorld();
  const nc = await world.connect();
  const { request } = patientRequests(borderOf(nc));
  await assert.rejects(request("nobody", "", { timeout: 5_000 }), /no responders: 'nobody'/);
  await using _silent = await answer(world.nc, "silent", () => {});
  const asking = assert.rejects(request("silent", "", { timeout: 5_000 }), /closed/);
  await nc.flush();
  await nc.close();
  await asking;
});

test("patientRequests() survives the loss of the server", async () => {
  await using world = await startWorld({
    connect: { maxReconnectAttempts: -1, reconnectTimeWait: 50 },
  });
  const patient = patientRequests(borderOf(world.nc));
  const { streams } = await jetstreamManager(patient, { checkAPI: false });
  await streams.add({ name: "orders", subjects: ["order.*"] });
  world.server.pause();
  const asking = streams.info("orders");
  await world.server.kill();
  await world.server.restart();
  assert.equal((await asking).config.name, "orders");
});
