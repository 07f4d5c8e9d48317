import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agreed,
  compareRatios,
  compareResults,
  describeFinding,
} from "../../bench/frame/compare_results.ts";
import type { BenchResult, CaseResult, ContestantResult } from "../../bench/frame/model.ts";

const RAW = [100, 104, 98, 101, 103];

/** A case in which ours does so many times what the raw client does, round by round. */
function echo(ratios: readonly number[], name = "echo"): CaseResult {
  const contestants: ContestantResult[] = [
    { name: "raw", figures: { perSecond: RAW } },
    { name: "ours", isOurs: true, figures: { perSecond: RAW.map((n, i) => n * ratios[i]!) } },
    { name: "rival", figures: { perSecond: RAW.map((n) => n / 2) } },
  ];
  return { name, baseline: "raw", contestants };
}

function result(...cases: CaseResult[]): BenchResult {
  const machine = { processor: "any", cores: 2, memoryGiB: 8, system: "any" };
  const run = { versions: {}, machine, date: "", command: "", load: 0, isQuick: false, cases };
  return { name: "rpc", title: "", runs: [{ runtime: "deno", ...run }] };
}

test("compareResults() calls a loss beyond the noise worse", () => {
  const committed = result(echo([2.5, 2.52, 2.48, 2.51, 2.49]));
  const [finding, ...others] = compareResults(committed, result(echo([2, 2.02, 1.98, 2.01, 1.99])));
  assert.deepEqual(others, [], "the rival's ratio is not watched");
  assert.equal(finding?.verdict, "worse");
  assert.equal(finding.contestant, "ours");
  assert.ok(finding.tolerance < 0.1);
  assert.match(describeFinding(finding), /worse .*rpc on deno, echo, ours: ratio 2\.50 -> 2\.00/);
});

test("compareResults() takes the same loss for noise where rounds scatter by as much", () => {
  const committed = result(echo([2.5, 3.1, 1.9, 2.2, 2.8]));
  const [finding] = compareResults(committed, result(echo([2, 2.6, 1.6, 2.4, 1.8])));
  assert.equal(finding?.verdict, "same");
  assert.ok(finding.tolerance > 0.2);
});

test("compareResults() does not look at times: another machine has the same ratios", () => {
  const committed = result(echo([2.5, 2.52, 2.48, 2.51, 2.49]));
  const slow = structuredClone(committed) as { runs: { cases: CaseResult[] }[] } & BenchResult;
  for (const { figures } of slow.runs[0]!.cases[0]!.contestants) {
    Object.assign(figures, { perSecond: figures.perSecond!.map((n) => n / 10) });
  }
  assert.deepEqual(compareResults(committed, slow).map(({ verdict }) => verdict), ["same"]);
});

test("compareResults() misses a case that is gone, but no runtime that was not measured", () => {
  const committed = result(echo([2, 2, 2, 2, 2]), echo([2, 2, 2, 2, 2], "other"));
  const verdicts = compareResults(committed, result(echo([2, 2, 2, 2, 2])));
  assert.deepEqual(verdicts.map(({ verdict }) => verdict), ["same", "missing"]);
  assert.deepEqual(compareResults(committed, { ...committed, runs: [] }), []);
});

test("compareRatios() knows which direction is better", () => {
  const [low, high] = [[1, 1.01, 0.99], [1.5, 1.51, 1.49]];
  assert.equal(compareRatios(low!, high!, "more").verdict, "better");
  assert.equal(compareRatios(low!, high!, "less").verdict, "worse");
  assert.equal(compareRatios(high!, low!, "less").verdict, "better");
});

test("compareRatios() forgives one disturbed round, and a change of a few percent", () => {
  const was = [2.5, 2.52, 2.48, 2.51, 2.49];
  assert.equal(compareRatios(was, [2.5, 2.49, 0.9, 2.51, 2.5], "more").verdict, "same");
  assert.equal(compareRatios(was, was.map((n) => n * 0.96), "more").verdict, "same");
});

test("agreed() keeps what is worse each time", () => {
  const was = result(echo([2, 2, 2, 2, 2]), echo([2, 2, 2, 2, 2], "other"));
  const bad = [1, 1, 1, 1, 1];
  const first = compareResults(was, result(echo(bad), echo(bad, "other")));
  const second = compareResults(was, result(echo(bad), echo([2, 2, 2, 2, 2], "other")));
  assert.deepEqual(agreed([first, second]).map((finding) => finding.case), ["echo"]);
  assert.deepEqual(agreed([second]).map((finding) => finding.case), ["echo"]);
});
