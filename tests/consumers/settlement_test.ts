import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, settlementOf } from "../../src/consumers/mod.ts";
import { ShizukuError } from "../../src/core/mod.ts";

const POLICY = { attempts: 3, backoff: { initialMs: 100, maxMs: 250 } };
const passing = new ShizukuError("unavailable", "down");
const fatal = new ShizukuError("invalid_argument", "bad");

test("settlementOf() follows its table", () => {
  assert.deepEqual(settlementOf(undefined, 1, POLICY), { action: "ack" });
  assert.deepEqual(settlementOf(passing, 1, POLICY, 1), { action: "nak", delayMs: 100 });
  assert.deepEqual(settlementOf(passing, 2, POLICY, 0.5), { action: "nak", delayMs: 100 });
  assert.deepEqual(settlementOf(passing, 3, POLICY), { action: "dead" });
  assert.deepEqual(settlementOf(fatal, 1, POLICY), { action: "dead" });
});

test("backoffMs() doubles up to its ceiling, with full jitter", () => {
  const most = [1, 2, 3, 4].map((attempt) => backoffMs(attempt, POLICY.backoff, 1));
  assert.deepEqual(most, [100, 200, 250, 250]);
  assert.equal(backoffMs(4, POLICY.backoff, 0), 1);
});
