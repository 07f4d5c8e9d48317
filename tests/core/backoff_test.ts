import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backoffMs, delay } from "../../src/core/mod.ts";

test("backoffMs() doubles up to the ceiling", () => {
  const waits = [1, 2, 3, 4, 5, 6].map((n) => backoffMs(n, { initialMs: 100, maxMs: 1_000 }, 1));
  assert.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000]);
});

test("backoffMs() is a whole number from 1 to the ceiling, whatever chance says", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 2_000 }),
    fc.integer({ min: 1, max: 1e6 }),
    fc.integer({ min: 1, max: 1e6 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (attempt, initialMs, maxMs, random) => {
      const ms = backoffMs(attempt, { initialMs, maxMs }, random);
      assert.ok(Number.isInteger(ms) && ms >= 1 && ms <= maxMs);
    },
  ));
});

test("delay() ends at its time", async () => {
  const started = performance.now();
  await delay(20);
  assert.ok(performance.now() - started >= 18);
});

test("delay() ends at an abort, before or while it waits, without an error", async () => {
  await delay(60_000, AbortSignal.abort());
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 5);
  await delay(60_000, controller.signal);
});

test("delay() takes a wait that is longer than timers know", async () => {
  const controller = new AbortController();
  let over = false;
  const waiting = delay(Infinity, controller.signal).then(() => over = true);
  await delay(5);
  assert.equal(over, false);
  controller.abort();
  await waiting;
});
