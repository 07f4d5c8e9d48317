import assert from "node:assert/strict";
import { test } from "node:test";
import { BENCHES, chooseBenches } from "../../bench/frame/benches.ts";
import { judge } from "../../bench/frame/budgets.ts";
import { contest } from "../../bench/frame/contest.ts";
import { documentOf } from "../../bench/frame/document.ts";
import type { CaseResult } from "../../bench/frame/model.ts";
import { parseOptions } from "../../bench/frame/options.ts";
import { budgetLines, tableOf, toMarkdown, toText } from "../../bench/frame/table.ts";

const CASE: CaseResult = {
  name: "echo",
  baseline: "raw",
  turnMs: 200,
  note: "A rival does less.",
  contestants: [
    { name: "raw", figures: { perSecond: [1_000, 1_200, 1_100], p99Ms: [3, 3, 3] } },
    { name: "ours", isOurs: true, figures: { perSecond: [3_000, 3_000, 3_300], p99Ms: [1, 1, 1] } },
    { name: "rival", figures: { perSecond: [500, 600, 550] } },
  ],
  budgets: [
    { contestant: "ours", figure: "perSecond", atLeast: 2.5 },
    { contestant: "ours", figure: "perSecond", to: "rival", atLeast: 7 },
    { contestant: "ours", figure: "p99Ms", to: null, atMost: 1 },
    { contestant: "ours", figure: "writesPerAck", to: null, atMost: 1 },
  ],
};

test("tableOf() has a row for each contestant, and columns for what was measured", () => {
  const { head, rows } = tableOf([CASE]);
  assert.deepEqual(head, ["case", "who", "per second", "p99 ms", "ratio"]);
  assert.deepEqual(rows[0], ["echo", "raw", "1,100 (1,000-1,200)", "3.000", "1"]);
  assert.deepEqual(rows[1], ["", "ours", "3,000 (3,000-3,300)", "1.000", "3.00 (2.50-3.00)"]);
  assert.deepEqual(rows[2], ["", "rival", "550 (500-600)", "", "0.50 (0.50-0.50)"]);
});

test("judge() takes medians of ratios, ratios to others, and values", () => {
  const verdicts = judge([CASE]);
  assert.deepEqual(verdicts.map(({ isMet }) => isMet), [true, false, true, false]);
  assert.deepEqual(verdicts.slice(0, 3).map(({ value }) => value), [3, 6, 1]);
  const { lines, missed } = budgetLines([CASE]);
  assert.equal(missed, 2);
  assert.match(lines[1]!, /^MISSED echo: ours, perSecond, to rival: 6, at least 7$/);
});

test("toText() and toMarkdown() lay out the same cells", () => {
  const table = tableOf([CASE]);
  const lines = toText(table).split("\n");
  assert.equal(lines.length, 4);
  assert.equal(toMarkdown(table).split("\n").length, 5);
  assert.match(toMarkdown(table), /^\| case \| who \| per second \|/);
});

test("documentOf() tells machine, versions, rounds, command, notes and budgets", () => {
  const machine = { processor: "Z80", cores: 1, memoryGiB: 1, system: "CP/M" };
  const text = documentOf({
    name: "rpc",
    title: "Requests",
    runs: [{
      runtime: "deno",
      versions: { deno: "2.9.6", "nats-server": "2.15.2" },
      machine,
      date: "2026-01-02 03:04 UTC",
      command: "deno task bench rpc --runtime=deno",
      isQuick: true,
      load: 0.25,
      cases: [CASE],
    }],
  }, ["rpc.svg"]);
  for (
    const part of [
      "(rpc.svg)",
      "quick run",
      "Z80, 1 cores, 1 GiB, CP/M; load before: 0.3",
      "nats-server 2.15.2",
      "3 rounds, turns of 200 ms",
      "`deno task bench rpc --runtime=deno`",
      "Note: A rival does less.",
      "MISSED",
    ]
  ) assert.ok(text.includes(part), part);
});

test("contest() gives everybody a turn in each round, after one that does not count", async () => {
  const turns: string[] = [];
  const contestant = (name: string, isOurs = false) => ({
    name,
    isOurs,
    turn: () => {
      turns.push(name);
      return Promise.resolve({ perSecond: turns.length, p99Ms: Number.NaN });
    },
  });
  const result = await contest("work", [contestant("a"), contestant("b", true)], {
    rounds: 2,
    baseline: "a",
  });
  assert.deepEqual(turns, ["a", "b", "b", "a", "a", "b"]);
  assert.deepEqual(result.contestants, [
    { name: "a", figures: { perSecond: [4, 5] } },
    { name: "b", isOurs: true, figures: { perSecond: [3, 6] } },
  ]);
});

test("chooseBenches() finds benches by name, and scripts by a part of their path", () => {
  assert.deepEqual(chooseBenches([]), [...BENCHES]);
  assert.deepEqual(chooseBenches(["kv", "rpc"]).map(({ name }) => name), ["rpc", "kv"]);
  const [subject, ...others] = chooseBenches(["core/subject"]);
  assert.deepEqual(subject?.files, ["bench/core/subject_bench.ts"]);
  assert.deepEqual(others, []);
  assert.throws(() => chooseBenches(["nothing"]), /Cannot measure "nothing": there are rpc, /);
});

test("parseOptions() refuses parts and numbers that make no sense", () => {
  const parse = (...args: string[]) => parseOptions(args, ["a", "b"]);
  assert.deepEqual(parse(), { only: ["a", "b"], rounds: 7, turnMs: 400, isChecked: false });
  assert.deepEqual(parse("--only=b", "--rounds=2", "--check").only, ["b"]);
  assert.throws(() => parse("--only=c"), /Cannot measure "c": there are a,b/);
  assert.throws(() => parse("--rounds=none"), /--rounds must be > 0: current value is none/);
});
