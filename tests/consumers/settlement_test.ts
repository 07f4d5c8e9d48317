import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  backoffMs,
  mostAttempts,
  type RetryPolicy,
  settlementOf,
} from "../../src/consumers/mod.ts";
import { type Code, ShizukuError } from "../../src/core/mod.ts";

const BACKOFF = { initialMs: 100, maxMs: 250 };
const POLICY: RetryPolicy = {
  attempts: 3,
  backoff: BACKOFF,
  retry: {
    resource_exhausted: { attempts: 5, backoff: { initialMs: 1_000, maxMs: 60_000 } },
    not_found: { attempts: 2 },
    internal: "fatal",
  },
};

/** Code of the error, which try, the greatest wait before the next one, or that there is none. */
const FAILURES: [Code, number, number | "dead"][] = [
  ["unavailable", 1, 100],
  ["unavailable", 2, 200],
  ["unavailable", 3, "dead"],
  ["unavailable", 9, "dead"],
  ["invalid_argument", 1, "dead"],
  ["resource_exhausted", 4, 8_000],
  ["resource_exhausted", 5, "dead"],
  ["not_found", 1, 100],
  ["not_found", 2, "dead"],
  ["internal", 1, "dead"],
];

for (const [code, attempt, expected] of FAILURES) {
  test(`settlementOf() of ${code} at try ${attempt} is ${expected}`, () => {
    const outcome = { type: "failed", error: new ShizukuError(code, "no") } as const;
    const settlement = settlementOf(outcome, attempt, POLICY, 1);
    if (expected === "dead") assert.deepEqual(settlement, { action: "dead" });
    else assert.deepEqual(settlement, { action: "nak", delayMs: expected });
  });
}

test("settlementOf() acknowledges what is done, and only that", () => {
  assert.deepEqual(settlementOf({ type: "done" }, 9, POLICY), { action: "ack" });
  assert.deepEqual(settlementOf({ type: "interrupted" }, 9, POLICY), { action: "release" });
  assert.deepEqual(settlementOf({ type: "lease_lost" }, 1, POLICY), { action: "leave" });
});

test("settlementOf() never tries again what could not be decoded or routed", () => {
  const error = new ShizukuError("not_found", "no route", { stage: "pre" });
  assert.deepEqual(settlementOf({ type: "failed", error }, 1, POLICY), { action: "dead" });
});

test("settlementOf() spreads the waits between 1 ms and their ceiling", () => {
  const outcome = { type: "failed", error: new ShizukuError("unavailable", "down") } as const;
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
    const settlement = settlementOf(outcome, 2, POLICY, random);
    assert.ok(settlement.action === "nak" && settlement.delayMs >= 1 && settlement.delayMs <= 200);
  }));
});

test("mostAttempts() is that of the most patient rule", () => {
  assert.equal(mostAttempts(POLICY), 5);
  assert.equal(mostAttempts({ attempts: 3, backoff: BACKOFF }), 3);
});

test("backoffMs() doubles up to its ceiling, with full jitter", () => {
  const most = [1, 2, 3, 4].map((attempt) => backoffMs(attempt, BACKOFF, 1));
  assert.deepEqual(most, [100, 200, 250, 250]);
  assert.equal(backoffMs(4, BACKOFF, 0), 1);
});
