import assert from "node:assert/strict";
import { test } from "node:test";
import { errors, type Msg } from "@nats-io/nats-core";
import { borderOf } from "../../src/connection/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { answer } from "./_answer.ts";

const IN_TIME = { timeoutMs: 10_000 };

test("borderOf() is one object for a connection and for the connection that it offers", async () => {
  await using world = await startWorld();
  const border = borderOf(world.nc);
  assert.equal(borderOf(world.nc), border);
  assert.equal(borderOf(border.nc), border);
  assert.notEqual(borderOf(await world.connect()), border);
  assert.throws(() => borderOf({} as typeof world.nc), /must come from connect\(\)/);
});

test("Border.call() resolves with the reply, whose subject ends with the suffix", async () => {
  await using world = await startWorld();
  await using echo = await answer(await world.connect(), "echo");
  const { call } = borderOf(world.nc);
  assert.equal((await call("echo", "one", IN_TIME)).string(), "one");
  assert.equal((await call("echo", undefined, IN_TIME)).data.length, 0);
  const reply = await call("echo", "two", { ...IN_TIME, replySuffix: "5000" });
  assert.equal(reply.string(), "two");
  assert.match(echo.messages[0]!.reply!, /^_INBOX\.[^.]+\.1$/);
  assert.match(echo.messages[2]!.reply!, /^_INBOX\.[^.]+\.3\.5000$/);
});

test("Border.call() keeps to the inbox prefix of the connection", async () => {
  await using world = await startWorld();
  await using echo = await answer(world.nc, "echo");
  const nc = await world.connect({ inboxPrefix: "_INBOX_me.here" });
  await borderOf(nc).call("echo", "", IN_TIME);
  assert.match(echo.messages[0]!.reply!, /^_INBOX_me\.here\.[^.]+\.1$/);
  await nc.close();
});

test("Border.call() rejects at once if nobody answers", async () => {
  await using world = await startWorld();
  await assert.rejects(borderOf(world.nc).call("nobody", "", IN_TIME), (error) => {
    assert.ok(error instanceof errors.RequestError && error.isNoResponders());
    assert.equal(error.message, "no responders: 'nobody'");
    return true;
  });
});

test("Border.exchange() hears all replies up to the first one that it does not take", async () => {
  await using world = await startWorld();
  await using _counter = await answer(await world.connect(), "count", (message) => {
    for (const reply of ["1", "2", "end", "3"]) message.respond(reply);
  });
  const border = borderOf(world.nc);
  const parts: string[] = [];
  const takesPart = (reply: Msg) => reply.string() !== "end" && parts.push(reply.string()) > 0;
  const ask = (subject: string) =>
    new Promise<Msg>((resolve, reject) =>
      border.exchange(subject, "", { ...IN_TIME, takesPart }, resolve, reject)
    );
  assert.equal((await ask("count")).string(), "end");
  assert.deepEqual(parts, ["1", "2"]);
  await assert.rejects(ask("nobody"), /no responders/);
  await world.nc.flush();
  assert.deepEqual([parts.length, border.inFlight], [2, 0]);
});

test("Border.call() times out in time, and a late reply reaches nobody else", async () => {
  await using world = await startWorld();
  const border = borderOf(world.nc);
  await using slow = await answer(await world.connect(), "slow", () => {});
  const startedAt = performance.now();
  await assert.rejects(border.call("slow", "", { timeoutMs: 100 }), errors.TimeoutError);
  const waitedMs = performance.now() - startedAt;
  assert.ok(waitedMs >= 100 && waitedMs < 5_000, `${waitedMs} ms`);
  const calls = Array.from({ length: 300 }, (_, index) => border.call("slow", `${index}`, IN_TIME));
  await eventually(() => assert.equal(slow.messages.length, 301));
  slow.messages[0]!.respond("late");
  slow.messages[0]!.respond("very late");
  for (const message of slow.messages.slice(1)) message.respond(message.data);
  const replies = await Promise.all(calls);
  assert.deepEqual(replies.map((reply) => reply.string()), calls.map((_, index) => `${index}`));
  assert.equal(border.inFlight, 0);
});

test("Border.call() times out each call at its own time", async () => {
  await using world = await startWorld();
  const { call } = borderOf(world.nc);
  await using _silent = await answer(world.nc, "silent", () => {});
  const ended = new Map<number, number>();
  const controller = new AbortController();
  const { signal } = controller;
  const startedAt = performance.now();
  const start = (timeoutMs: number) =>
    call("silent", "", { timeoutMs, signal }).catch(() => {
      ended.set(timeoutMs, performance.now() - startedAt);
    });
  const long = [60_000, Infinity].map(start);
  await Promise.all([400, 50, 200].map(start));
  assert.deepEqual([...ended.keys()].sort((a, b) => a - b), [50, 200, 400]);
  for (const [timeoutMs, waitedMs] of ended) {
    assert.ok(waitedMs >= timeoutMs, `${timeoutMs} ms ended after ${waitedMs} ms`);
  }
  controller.abort();
  await Promise.all(long);
});

test("Border.call() gives each of many replies to its call, in any order and twice", async () => {
  await using world = await startWorld();
  const queue: Msg[] = [];
  await using _shuffled = await answer(await world.connect(), "shuffled", (message) => {
    queue.push(message);
    while (queue.length > 40) {
      const [next] = queue.splice((queue.length * 7919) % queue.length, 1);
      next!.respond(next!.data);
      if (queue.length % 3 === 0) next!.respond("twice");
    }
    if (message.string() === "last") { for (const each of queue) each.respond(each.data); }
  });
  const { call } = borderOf(world.nc);
  const texts = [...Array.from({ length: 5_000 }, (_, index) => `${index}`), "last"];
  const replies = await Promise.all(texts.map((text) => call("shuffled", text, IN_TIME)));
  assert.deepEqual(replies.map((reply) => reply.string()), texts);
});

test("Border.call() keeps 100,000 calls in flight apart, and then no timer", async () => {
  await using world = await startWorld();
  const border = borderOf(world.nc);
  await using held = await answer(await world.connect(), "held", () => {});
  const calls = Array.from(
    { length: 100_000 },
    (_, index) => border.call("held", `${index}`, { timeoutMs: 60_000 }),
  );
  assert.equal(border.inFlight, 100_000);
  await eventually(() => assert.equal(held.messages.length, 100_000), { timeoutMs: 60_000 });
  for (const message of held.messages.reverse()) message.respond(message.data);
  const replies = await Promise.all(calls);
  for (const [index, reply] of replies.entries()) assert.equal(reply.string(), `${index}`);
  assert.equal(border.inFlight, 0);
});

test("Border.call() refuses what cannot be sent, and leaves nothing pending", async () => {
  await using world = await startWorld({ maxPayload: 1_000 });
  const border = borderOf(world.nc);
  const payload = new Uint8Array(1_001);
  await assert.rejects(border.call("a", payload, IN_TIME), { name: "InvalidArgumentError" });
  await assert.rejects(border.call("a b", "", IN_TIME), { name: "InvalidSubjectError" });
  for (const timeoutMs of [0, -1, Number.NaN]) {
    await assert.rejects(border.call("a", "", { timeoutMs }), RangeError);
  }
  const number = 7 as unknown as string;
  await assert.rejects(border.call("a", number, IN_TIME), TypeError);
  assert.equal(border.inFlight, 0);
});

test("Border.call() leaves the raw connection as it is", async () => {
  await using world = await startWorld();
  const border = borderOf(world.nc);
  await using _echo = await answer(world.nc, "echo");
  const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
  const replies = await Promise.all(texts.flatMap((text) => [
    world.nc.request("echo", text, { timeout: 10_000 }),
    border.call("echo", text, IN_TIME),
    border.nc.request("echo", text, { timeout: 10_000 }),
  ]));
  assert.deepEqual(
    replies.map((reply) => reply.string()),
    texts.flatMap((text) => [text, text, text]),
  );
  const many: string[] = [];
  const options = { maxMessages: 1, maxWait: 10_000, strategy: "count" } as const;
  for await (const reply of await border.nc.requestMany("echo", "many", options)) {
    many.push(reply.string());
  }
  assert.deepEqual(many, ["many"]);
});
