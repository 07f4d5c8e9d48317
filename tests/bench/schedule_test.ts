import assert from "node:assert/strict";
import { test } from "node:test";
import { BENCHES } from "../../bench/frame/benches.ts";
import {
  argumentsOf,
  expectedMs,
  flagsOf,
  limitMs,
  remainingMs,
  roughly,
  turnsOf,
} from "../../bench/frame/schedule.ts";

const BENCH = {
  turns: { rounds: 5, turnMs: 200 },
  quick: { rounds: 2, turnMs: 100, more: ["--keys=10"] },
  seconds: 70,
};

test("turnsOf() takes the bench's own turns, then what is asked", () => {
  assert.deepEqual(turnsOf(BENCH, { isQuick: false }), { rounds: 5, turnMs: 200 });
  assert.deepEqual(turnsOf(BENCH, { isQuick: true }), BENCH.quick);
  const asked = { isQuick: true, rounds: 9, turnMs: 50 };
  assert.deepEqual(turnsOf(BENCH, asked), { rounds: 9, turnMs: 50, more: ["--keys=10"] });
});

test("turnsOf() does not ask a bench for what it does not know", () => {
  const asked = { isQuick: false, rounds: 9, turnMs: 50 };
  assert.deepEqual(turnsOf({ turns: {}, quick: {} }, asked), {});
  assert.deepEqual(turnsOf({ turns: { rounds: 3 }, quick: { rounds: 1 } }, asked), { rounds: 9 });
});

test("argumentsOf() and flagsOf() write options", () => {
  assert.deepEqual(argumentsOf({ rounds: 2, turnMs: 100, more: ["--keys=10"] }), [
    "--rounds=2",
    "--turn-ms=100",
    "--keys=10",
  ]);
  assert.deepEqual(flagsOf({ rounds: 2, turnMs: undefined }), ["--rounds=2"]);
});

test("expectedMs() grows with rounds and turns, and limitMs() leaves room", () => {
  const expected = expectedMs(BENCH, { isQuick: false });
  assert.equal(expected, 70_000);
  assert.equal(expectedMs(BENCH, { isQuick: true }), 10_000 + 60_000 * 3 / 6 / 2);
  assert.equal(expectedMs(BENCH, { isQuick: false, rounds: 11 }), 130_000);
  assert.ok(limitMs(BENCH, { isQuick: false }) > 2 * expected);
});

test("remainingMs() goes by the pace so far", () => {
  const left = [{ expectedMs: 60 }, { expectedMs: 40 }];
  assert.equal(remainingMs(left), 100);
  assert.equal(remainingMs([{ expectedMs: 10, tookMs: 20 }, ...left]), 200);
  assert.equal(remainingMs([{ expectedMs: 10, tookMs: 20 }]), 0);
});

test("roughly() writes a time", () => {
  assert.equal(roughly(41_400), "41 s");
  assert.equal(roughly(725_000), "12 min");
});

test("all benches on three runtimes take less than an hour together", () => {
  const minutes = BENCHES.flatMap((bench) =>
    (bench.runtimes ?? ["deno", "bun", "node"]).map(() => expectedMs(bench, { isQuick: false }))
  ).reduce((sum, ms) => sum + ms / 60_000, 0);
  assert.ok(minutes < 60, `${minutes} minutes`);
});

test("every bench draws a chart that bears its name", () => {
  for (const { name, charts } of BENCHES) assert.ok("" in charts, name);
});
