import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "@nats-io/nats-core";
import { borderOf, fromNatsError } from "../../src/connection/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { answer } from "./_answer.ts";

const IN_TIME = { timeoutMs: 20_000 };

/** Takes the place of the world's connection with one that is soon back. */
async function connectPatiently(world: World, maxReconnectAttempts = -1): Promise<World["nc"]> {
  await world.nc.close();
  return await world.connect({ maxReconnectAttempts, reconnectTimeWait: 50, reconnectJitter: 0 });
}

/** Resolves when the connection says that something happened. */
async function heard(nc: World["nc"], type: string): Promise<void> {
  for await (const status of nc.status()) if (status.type === type) return;
}

test("Border.call() in flight rejects at once when the server dies, and works after it", async () => {
  await using world = await startWorld();
  const nc = await connectPatiently(world);
  const border = borderOf(nc);
  await using silent = await answer(nc, "silent", () => {});
  await using _echo = await answer(nc, "echo");
  const calls = Array.from({ length: 1_000 }, () => border.call("silent", "", IN_TIME));
  await eventually(() => assert.equal(silent.messages.length, 1_000));
  const settled = Promise.allSettled(calls);
  const back = heard(nc, "reconnect");
  const startedAt = performance.now();
  await world.server.kill();
  for (const result of await settled) {
    assert.ok(result.status === "rejected" && result.reason instanceof errors.RequestError);
    assert.equal(result.reason.message, "connection disconnected");
    const { code, retryable } = fromNatsError(result.reason, "Cannot call");
    assert.deepEqual([code, retryable], ["unavailable", true]);
  }
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal(border.inFlight, 0);
  await world.server.restart();
  await back;
  assert.equal((await border.call("echo", "again", IN_TIME)).string(), "again");
});

test("Border.call() while the connection is lost is sent when it is back", async () => {
  await using world = await startWorld();
  const nc = await connectPatiently(world);
  const border = borderOf(nc);
  await using echo = await answer(nc, "echo");
  await border.call("echo", "first", IN_TIME);
  const lost = heard(nc, "disconnect");
  await world.server.kill();
  await lost;
  const abandoned: string[] = [];
  const leaver = new AbortController();
  const given = border.call("echo", "given up", {
    ...IN_TIME,
    signal: leaver.signal,
    onAbandoned: (reply) => abandoned.push(reply),
  });
  const short = border.call("echo", "too short", { timeoutMs: 150 });
  const calls = Array.from({ length: 100 }, (_, index) => border.call("echo", `${index}`, IN_TIME));
  const request = border.nc.request("echo", "request", { timeout: 20_000 });
  leaver.abort();
  await assert.rejects(given, { name: "AbortError" });
  await assert.rejects(short, errors.TimeoutError);
  await world.server.restart();
  const replies = await Promise.all([...calls, request]);
  const texts = replies.map((reply) => reply.string());
  assert.deepEqual(texts, [...calls.map((_, index) => `${index}`), "request"]);
  assert.deepEqual(abandoned, [], "it was never sent");
  assert.deepEqual(echo.messages.map((message) => message.string()), ["first", ...texts]);
});

test("Border.call() works if its first one comes while the connection is lost", async () => {
  await using world = await startWorld();
  const nc = await connectPatiently(world);
  await using _echo = await answer(nc, "echo");
  const lost = heard(nc, "disconnect");
  await world.server.kill();
  await lost;
  const { call } = borderOf(nc);
  await assert.rejects(call("echo", "lost", IN_TIME), { message: "connection disconnected" });
  const held = call("echo", "held", IN_TIME);
  await world.server.restart();
  assert.equal((await held).string(), "held");
});

test("Border.call() survives reconnections that the user forces", async () => {
  await using world = await startWorld();
  const nc = await connectPatiently(world);
  const border = borderOf(nc);
  await using _echo = await answer(nc, "echo");
  for (let round = 0; round < 5; round++) {
    const calls = Array.from({ length: 200 }, () => border.call("echo", `${round}`, IN_TIME));
    const settled = Promise.allSettled(calls);
    const lost = heard(nc, "disconnect");
    await nc.reconnect();
    await lost;
    const late = border.call("echo", "late", IN_TIME);
    for (const result of await settled) {
      if (result.status === "fulfilled") assert.equal(result.value.string(), `${round}`);
      else assert.equal(result.reason.message, "connection disconnected");
    }
    assert.equal((await late).string(), "late");
  }
  assert.equal(border.inFlight, 0);
});

test("Border.call() times out on a server that stands still, which then goes on", async () => {
  await using world = await startWorld();
  const border = borderOf(world.nc);
  await using _echo = await answer(world.nc, "echo");
  await border.call("echo", "", IN_TIME);
  world.server.pause();
  const short = { timeoutMs: 100 };
  try {
    // A signal takes its time: the server may still answer some.
    await eventually(() => assert.rejects(border.call("echo", "", short), errors.TimeoutError));
    const calls = Array.from({ length: 100 }, () => border.call("echo", "late", short));
    for (const result of await Promise.allSettled(calls)) {
      assert.ok(result.status === "rejected" && result.reason instanceof errors.TimeoutError);
    }
  } finally {
    world.server.resume();
  }
  const texts = Array.from({ length: 100 }, (_, index) => `${index}`);
  const replies = await Promise.all(texts.map((text) => border.call("echo", text, IN_TIME)));
  assert.deepEqual(replies.map((reply) => reply.string()), texts);
});

test("Border.call() rejects when a lost connection gives up", async () => {
  await using world = await startWorld();
  const nc = await connectPatiently(world, 3);
  const border = borderOf(nc);
  await using _silent = await answer(nc, "silent", () => {});
  const inFlight = border.call("silent", "", IN_TIME);
  // The next one at once, before the connection has given up.
  const held = assert.rejects(inFlight, { message: "connection disconnected" })
    .then(() => border.call("silent", "", IN_TIME));
  const rejected = assert.rejects(held, { name: "RequestError", message: "connection closed" });
  await world.server.kill();
  await rejected;
  await assert.rejects(border.call("silent", "", IN_TIME), errors.ClosedConnectionError);
});

test("Border.call() in flight rejects when the connection closes or drains", async () => {
  await using world = await startWorld();
  await using silent = await answer(world.nc, "silent", () => {});
  for (const end of ["close", "drain"] as const) {
    const nc = await world.connect();
    const border = borderOf(nc);
    const call = border.call("silent", "", IN_TIME);
    const known = silent.messages.length;
    await eventually(() => assert.equal(silent.messages.length, known + 1));
    const ending = nc[end]();
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof errors.RequestError);
      assert.equal(error.message, "connection closed");
      return true;
    });
    await ending;
    assert.equal(border.inFlight, 0);
    await assert.rejects(border.call("silent", "", IN_TIME), errors.ClosedConnectionError);
    await assert.rejects(border.nc.request("silent"), errors.ClosedConnectionError);
  }
});
