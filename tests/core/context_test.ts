import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CallSignal,
  contextKey,
  createContext,
  delay,
  getLogger,
  MessageHeaders,
} from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { watchTimers } from "../_support/watch_timers.ts";

test("createContext() has defaults for everything", () => {
  const ctx = createContext();
  assert.equal(ctx.signal.aborted, false);
  assert.equal(ctx.signal, ctx.signal);
  assert.deepEqual(
    [ctx.deadline, ctx.remainingMs, ctx.subject, ctx.params, ctx.attempt, ctx.headers.size],
    [undefined, Infinity, "", {}, 1, 0],
  );
  assert.equal(typeof ctx.logger.info, "function");
  assert.equal(ctx.get(contextKey("nothing")), undefined);
});

test("createContext() has what it is given", () => {
  const headers = MessageHeaders.from({ a: "1" });
  const logger = getLogger(["test"]);
  const params = { id: "7" };
  const ctx = createContext({ headers, logger, params, subject: "a.7", attempt: 3 });
  assert.equal(ctx.headers, headers);
  assert.equal(ctx.logger, logger);
  assert.equal(ctx.params, params);
  assert.deepEqual([ctx.subject, ctx.attempt], ["a.7", 3]);
});

test("Context makes signal and headers when they are asked for, once", () => {
  let made = 0;
  const ctx = createContext({
    signal: () => {
      made++;
      return new AbortController().signal;
    },
    headers: () => {
      made++;
      return MessageHeaders.from({});
    },
  });
  const derived = ctx.with({ attempt: 2 });
  assert.equal(made, 0);
  assert.equal(derived.signal, ctx.signal);
  assert.equal(derived.headers, ctx.headers);
  assert.equal(made, 2);
});

test("Context.with() changes what is named, and leaves the other context as it is", () => {
  const ctx = createContext({ subject: "a", attempt: 1, params: { x: "1" } });
  const derived = ctx.with({ subject: "b", params: { y: "2" } }).with({ attempt: 2 });
  assert.deepEqual([derived.subject, derived.params, derived.attempt], ["b", { y: "2" }, 2]);
  assert.deepEqual([ctx.subject, ctx.params, ctx.attempt], ["a", { x: "1" }, 1]);
});

test("Context.get() finds the value of a key, the nearest one", () => {
  const [tenant, user, other] = [contextKey<string>("k"), contextKey<number>("k"), contextKey("k")];
  const ctx = createContext({ values: [[tenant, "acme"], [user, 1]] });
  const derived = ctx.with({ values: new Map([[user, 2]]) });
  assert.deepEqual([derived.get(tenant), derived.get(user), ctx.get(user)], ["acme", 2, 1]);
  assert.equal(derived.get(other), undefined);
});

test("Context.get() reads values that can be iterated once, and undefined ones", () => {
  const key = contextKey<number | undefined>("k");
  const unset = contextKey<number>("unset");
  const ctx = createContext({ values: [[key, 1]] }).with({
    values: [[key, undefined]].values() as never,
  });
  for (let time = 0; time < 2; time++) assert.equal(ctx.get(key), undefined);
  assert.equal(ctx.get(unset), undefined);
});

test("Context.deadline is the earlier one of a call and what is derived from it", () => {
  const now = performance.now();
  const ctx = createContext({ deadline: now + 100 });
  assert.equal(ctx.with({ deadline: now + 50 }).deadline, now + 50);
  assert.equal(ctx.with({ deadline: now + 500 }).deadline, now + 100);
  assert.equal(createContext().with({ deadline: now + 1 }).deadline, now + 1);
  assert.equal(createContext({ deadline: Infinity }).deadline, undefined);
  assert.equal(createContext({ deadline: now - 1 }).remainingMs, 0);
});

test("Context.signal aborts at the deadline", async () => {
  const deadline = performance.now() + 100;
  using ctx = createContext({ deadline });
  const { signal } = ctx.with({ attempt: 2 });
  assert.ok(!signal.aborted || performance.now() >= deadline);
  // The timer of a signal keeps no process alive, so something else must.
  await eventually(() => assert.equal(signal.aborted, true));
  assert.equal(signal.reason.code, "deadline_exceeded");
});

test("Context.signal joins a signal with that of the context before", async () => {
  const [outer, inner] = [new AbortController(), new AbortController()];
  const ctx = createContext({ signal: outer.signal });
  const one = ctx.with({ signal: inner.signal });
  const two = ctx.with({ deadline: performance.now() + 60_000 });
  const three = ctx.with({ signal: () => new AbortController().signal });
  const signals = [one, two, three].map(({ signal }) => signal);
  inner.abort("inner");
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false, false]);
  outer.abort("outer");
  assert.deepEqual(signals.map(({ reason }) => reason), ["inner", "outer", "outer"]);
  assert.equal(ctx.with({ deadline: performance.now() + 60_000 }).signal.reason, "outer");
  await delay(0);
});

test("Context[Symbol.dispose]() clears the timer of the deadline", () => {
  const timers = watchTimers();
  try {
    const ctx = createContext({ deadline: performance.now() + 60_000 });
    void ctx.signal;
    assert.equal(timers.active().length, 1);
    ctx[Symbol.dispose]();
    assert.deepEqual(timers.active(), []);
    createContext({ deadline: performance.now() + 60_000 })[Symbol.dispose]();
    assert.deepEqual(timers.active(), []);
  } finally {
    timers.stop();
  }
});

test("CallSignal aborts also a signal that is asked for later", () => {
  const call = new CallSignal();
  call.abort("gone");
  assert.deepEqual([call.signal.aborted, call.signal.reason], [true, "gone"]);
});

test("CallSignal keeps its first reason", () => {
  const call = new CallSignal();
  const { signal } = call;
  call.abort("first");
  call.abort("second");
  assert.equal(signal.reason, "first");
});

test("CallSignal follows its parent until the call is over", () => {
  const parent = new AbortController();
  const calls = [new CallSignal(undefined, parent), new CallSignal(undefined, parent)];
  const signals = calls.map(({ signal }) => signal);
  calls[0]![Symbol.dispose]();
  parent.abort("away");
  assert.deepEqual(signals.map(({ aborted }) => aborted), [false, true]);
  assert.equal(new CallSignal(undefined, parent).signal.reason, "away");
});

test("CallSignal sets no timer before its signal is asked for, nor when the call is over", () => {
  const timers = watchTimers();
  try {
    const call = new CallSignal(performance.now() + 60_000);
    assert.deepEqual(timers.active(), []);
    call[Symbol.dispose]();
    assert.equal(call.signal.aborted, false);
    assert.deepEqual(timers.active(), []);
  } finally {
    timers.stop();
  }
});

test("CallSignal is the whole signal of a context", () => {
  const outer = new AbortController();
  const ctx = createContext({ signal: outer.signal });
  const call = new CallSignal(undefined, ctx);
  assert.equal(ctx.with({ signal: call }).signal, call.signal);
});
