import assert from "node:assert/strict";
import { test } from "node:test";
import { drawBars } from "../../bench/frame/bar_chart.ts";
import { draw, short } from "../../bench/frame/charts.ts";
import { drawCurves, spaced } from "../../bench/frame/line_chart.ts";
import type { BenchResult, CaseResult } from "../../bench/frame/model.ts";

const CASE: CaseResult = {
  name: "echo, 64 in flight",
  baseline: "raw",
  contestants: [
    { name: "raw", figures: { perSecond: [100, 100, 100] } },
    { name: "shizuku", isOurs: true, figures: { perSecond: [250, 200, 300] } },
    { name: "A <rival> & co", figures: { perSecond: [50, 50, 50] } },
    { name: "idle", figures: {} },
  ],
};

function resultOf(cases: CaseResult[], isQuick = false): BenchResult {
  const machine = { processor: "any", cores: 2, memoryGiB: 8, system: "any" };
  const versions = { deno: "2.9.6" };
  const run = {
    runtime: "deno" as const,
    versions,
    machine,
    date: "",
    command: "",
    load: 0,
    isQuick,
  };
  return { name: "rpc", title: "RPC", runs: [{ ...run, cases }] };
}

/** Every tag is closed in order; attributes are quoted. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  const withoutStyle = svg.replace(/<style>.*?<\/style>/s, "");
  for (
    const [, end, name, own] of withoutStyle.matchAll(/<(\/?)(\w+)(?: [\w-]+="[^"<]*")*(\/?)>/g)
  ) {
    if (end) assert.equal(open.pop(), name);
    else if (!own) open.push(name!);
  }
  assert.deepEqual(open, []);
  const rest = withoutStyle.replaceAll(/<\/?\w+(?: [\w-]+="[^"<]*")*\/?>/g, "");
  assert.doesNotMatch(rest, /[<>]|&(?!amp;|lt;|gt;|quot;)/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
}

test("draw() makes bars of ratios, with their spread and a mark at 1", () => {
  const svg = draw(resultOf([CASE]), { title: "RPC", subtitle: "to raw", kind: "ratio" })!;
  assertWellFormed(svg);
  assert.match(svg, />2\.50× · 250 \/s</);
  assert.match(svg, />Deno 2\.9\.6: echo, 64 in flight</);
  assert.match(svg, />A &lt;rival&gt; &amp; co</);
  assert.equal(svg.match(/class="spread"/g)?.length, 3);
  assert.equal(svg.match(/class="one"/g)?.length, 1);
  assert.doesNotMatch(svg, />idle</);
  assert.match(svg, /prefers-color-scheme:dark/);
});

test("draw() says that a run was quick, and draws nothing of nothing", () => {
  const choice = { title: "RPC", subtitle: "to raw", kind: "ratio" } as const;
  assert.match(draw(resultOf([CASE], true), choice)!, /to raw · quick run/);
  assert.equal(draw(resultOf([]), choice), undefined);
  assert.equal(draw(resultOf([CASE]), { ...choice, cases: ["other"] }), undefined);
});

test("draw() makes curves of the points of each runtime", () => {
  const points = [1, 10, 100].map((count): CaseResult => ({
    name: `hooks, ${count}`,
    point: { curve: "hooks", count },
    contestants: [{ name: "shizuku", isOurs: true, figures: { startMs: [count * 2] } }],
  }));
  const choice = { title: "Growth", subtitle: "", kind: "curves", figure: "startMs" } as const;
  const svg = draw(resultOf(points), choice)!;
  assertWellFormed(svg);
  assert.equal(svg.match(/<circle/g)?.length, 3);
  assert.equal(svg.match(/<path/g)?.length, 1);
});

test("drawBars() gives the longest bar all of the room", () => {
  const bar = (value: number) => ({ label: `${value}`, kind: "ours", value, text: "" }) as const;
  const svg = drawBars({ title: "", subtitle: "", groups: [{ title: "", bars: [1, 4].map(bar) }] });
  const widths = [...svg.matchAll(/class="ours" [^>]*width="([\d.]+)"/g)].map(([, w]) => Number(w));
  assert.equal(widths[0]! * 4, widths[1]);
});

test("drawCurves() survives a single point", () => {
  assertWellFormed(
    drawCurves({
      title: "a",
      subtitle: "b",
      unit: "ms",
      curves: [{ label: "c", points: [[1, 1]] }],
    }),
  );
});

test("spaced() moves labels apart and keeps their order", () => {
  assert.deepEqual(spaced([10, 100]), [10, 100]);
  assert.deepEqual(spaced([12, 10, 11]), [40, 10, 25]);
});

test("short() writes amounts in little space", () => {
  assert.equal(short(103_456, "perSecond"), "103 k/s");
  assert.equal(short(2_345_678, "bytes"), "2.35 MB");
  assert.equal(short(0.5, "p50Ms"), "0.5 p50 ms");
});
