import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  fallback,
  handleAll,
  noop,
  timeout as timeoutPolicy,
  TimeoutStrategy,
  wrap,
} from "cockatiel";
import { createContext, delay, policy, type Process, stack } from "../../src/core/mod.ts";

const failing: Process<number, number> = async () => {
  throw new Error("mine");
};

test("policy() passes input, output and errors through", async () => {
  assert.equal(await stack((n: number) => n * 2, policy(noop))(21, createContext()), 42);
  await assert.rejects(async () => await stack(failing, policy(noop))(1, createContext()), /mine/);
});

test("policy() opens the circuit: unavailable", async () => {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: 60_000,
    breaker: new ConsecutiveBreaker(2),
  });
  const process = stack(failing, policy(breaker));
  for (let call = 0; call < 2; call++) {
    await assert.rejects(async () => await process(1, createContext()), /mine/);
  }
  await assert.rejects(async () => await process(1, createContext()), {
    code: "unavailable",
    stage: "pre",
  });
});

test("policy() fills the bulkhead: resource_exhausted", async () => {
  const process = stack((ms: number) => delay(ms), policy(bulkhead(1, 0)));
  const first = process(10, createContext());
  await assert.rejects(async () => await process(1, createContext()), {
    code: "resource_exhausted",
  });
  await first;
});

test("policy() answers with the fallback", async () => {
  const process = stack(failing, policy(fallback(handleAll, "none")));
  assert.equal(await process(1, createContext()), "none");
});

test("policy() ends by the policy's timeout: deadline_exceeded, and ctx.signal aborts", async () => {
  let aborted = false;
  const process = stack(async (_: number, ctx) => {
    await delay(60_000, ctx.signal);
    aborted = ctx.signal.aborted;
  }, policy(timeoutPolicy(10, TimeoutStrategy.Aggressive)));
  await assert.rejects(async () => await process(1, createContext()), {
    code: "deadline_exceeded",
  });
  await delay(0);
  assert.equal(aborted, true);
});

test("policy() takes a wrapped policy, and hands the caller's abort on", async () => {
  const both = wrap(bulkhead(1), timeoutPolicy(60_000, TimeoutStrategy.Cooperative));
  const controller = new AbortController();
  const process = stack(async (_: number, ctx) => {
    await delay(60_000, ctx.signal);
    return ctx.signal.aborted;
  }, policy(both));
  const call = process(1, createContext({ signal: controller.signal }));
  setTimeout(() => controller.abort(), 5);
  assert.equal(await call, true);
});
