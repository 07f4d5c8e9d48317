import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Context,
  createContext,
  delay,
  ShizukuError,
  stack,
  timeout,
} from "../../src/core/mod.ts";
import { watchTimers } from "../_support/watch_timers.ts";
import { eventually } from "../_support/eventually.ts";

const never = () => new Promise<never>(() => {});

test("timeout() passes a result through, sync or async", async () => {
  assert.equal(stack((n: number) => n, timeout(1_000))(7, createContext()), 7);
  assert.equal(await stack(async (n: number) => n, timeout(1_000))(7, createContext()), 7);
});

test("timeout() passes an error through, sync or async", async () => {
  const error = new Error("mine");
  const fail = () => {
    throw error;
  };
  assert.throws(() => stack(fail, timeout(1_000))(1, createContext()), error);
  await assert.rejects(
    async () => await stack(async () => fail(), timeout(1_000))(1, createContext()),
    error,
  );
});

test("timeout() rejects a processor that does not listen", async () => {
  const started = performance.now();
  await assert.rejects(async () => await stack(never, timeout(20))(1, createContext()), {
    code: "deadline_exceeded",
    message: "The call took more than 20 ms",
  });
  assert.ok(performance.now() - started >= 19);
});

test("timeout() aborts ctx.signal with its error", async () => {
  let reason: unknown;
  const listening = stack(async (_: number, ctx) => {
    await delay(60_000, ctx.signal);
    reason = ctx.signal.reason;
  }, timeout(10));
  await assert.rejects(async () => await listening(1, createContext()));
  await eventually(() => assert.ok(ShizukuError.is(reason) && reason.code === "deadline_exceeded"));
});

test("timeout() sets the deadline, never a later one than the caller's", async () => {
  const remaining = stack((_: number, ctx: Context) => ctx.remainingMs, timeout(60_000));
  const own = await remaining(1, createContext());
  assert.ok(own > 0 && own <= 60_000);
  assert.ok(await remaining(1, createContext({ deadline: performance.now() + 100 })) <= 100);
});

test("timeout() hands the caller's abort on", async () => {
  const controller = new AbortController();
  const listening = stack(async (_: number, ctx) => {
    await delay(60_000, ctx.signal);
    return ctx.signal.reason;
  }, timeout(60_000));
  const call = listening(1, createContext({ signal: controller.signal }));
  controller.abort("away");
  assert.equal(await call, "away");
});

test("timeout() ends each of many calls at its own time", async () => {
  const process = stack((ms: number, ctx) => delay(ms, ctx.signal).then(() => ms), timeout(400));
  const calls = [5, 60_000, 10, 60_000, 1].map(async (ms) => await process(ms, createContext()));
  const results = await Promise.allSettled(calls);
  assert.deepEqual(results.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  assert.equal(await process(1, createContext()), 1);
});

test("timeout() leaves no timer and no listener behind", async () => {
  const timers = watchTimers();
  try {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    const process = stack(async (_: number, ctx) => void ctx.signal, timeout(60_000));
    for (let call = 0; call < 10; call++) await process(call, createContext({ signal }));
    assert.equal(listeners, 0);
    await eventually(() => assert.deepEqual(timers.active(), []), { timeoutMs: 10_000 });
  } finally {
    timers.stop();
  }
});

test("timeout() refuses a time that is none", () => {
  for (const ms of [0, -5, Number.NaN]) assert.throws(() => timeout(ms), RangeError);
});
