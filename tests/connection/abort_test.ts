import assert from "node:assert/strict";
import { test } from "node:test";
import { borderOf } from "../../src/connection/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { answer } from "./_answer.ts";

const IN_TIME = { timeoutMs: 10_000 };

/** A signal that counts its listeners. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const counts = { now: 0, most: 0 };
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  Object.assign(signal, {
    addEventListener(...args: unknown[]) {
      counts.most = Math.max(counts.most, ++counts.now);
      add(...args);
    },
    removeEventListener(...args: unknown[]) {
      counts.now--;
      remove(...args);
    },
  });
  return { controller, signal, counts };
}

test("Border.call() is not sent if its signal has aborted already", async () => {
  await using world = await startWorld();
  const border = borderOf(world.nc);
  await using silent = await answer(world.nc, "silent", () => {});
  const reason = new Error("left");
  const abandoned: string[] = [];
  const options = {
    ...IN_TIME,
    signal: AbortSignal.abort(reason),
    onAbandoned: (reply: string) => abandoned.push(reply),
  };
  await assert.rejects(border.call("silent", "", options), reason);
  await world.nc.flush();
  assert.deepEqual([silent.messages.length, abandoned, border.inFlight], [0, [], 0]);
});

test("Border.call() rejects at once when its signal aborts, and names its reply subject", async () => {
  await using world = await startWorld();
  const border = borderOf(world.nc);
  await using silent = await answer(world.nc, "silent", () => {});
  const { controller, signal, counts } = countedSignal();
  const abandoned: string[] = [];
  const call = border.call("silent", "", {
    ...IN_TIME,
    signal,
    replySuffix: "10000",
    onAbandoned: (reply) => abandoned.push(reply),
  });
  const failing = border.call("silent", "", {
    ...IN_TIME,
    signal,
    onAbandoned: () => {
      throw new Error("a fault of the caller's");
    },
  });
  await eventually(() => assert.equal(silent.messages.length, 2));
  const reason = new Error("left");
  controller.abort(reason);
  assert.equal(border.inFlight, 0);
  await assert.rejects(call, reason);
  await assert.rejects(failing, reason);
  assert.deepEqual(abandoned, [silent.messages[0]!.reply]);
  assert.match(abandoned[0]!, /\.10000$/);
  assert.deepEqual(counts, { now: 0, most: 1 });
});

test("Border.call() puts one listener on a signal, and takes it off however calls end", async () => {
  await using world = await startWorld();
  const { call } = borderOf(world.nc);
  await using _echo = await answer(world.nc, "echo");
  await using _silent = await answer(world.nc, "silent", () => {});
  const { signal, counts } = countedSignal();
  const never = () => assert.fail("nobody gave it up");
  const options = { ...IN_TIME, signal, onAbandoned: never };
  await Promise.all(Array.from({ length: 1_000 }, () => call("echo", "", options)));
  assert.deepEqual(counts, { now: 0, most: 1 });
  await assert.rejects(call("nobody", "", options), { name: "RequestError" });
  await assert.rejects(call("silent", "", { ...options, timeoutMs: 30 }), { name: "TimeoutError" });
  await assert.rejects(call("a b", "", options), { name: "InvalidSubjectError" });
  assert.equal(counts.now, 0);
  const cut = call("silent", "", options);
  await world.nc.close();
  await assert.rejects(cut, { name: "RequestError" });
  assert.equal(counts.now, 0);
});
