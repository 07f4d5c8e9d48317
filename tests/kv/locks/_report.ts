import type { Crash } from "./_check_history.ts";
import { type CellSummary, quantile, type Quantiles } from "./_summary.ts";

/** The figures of some runs as a table in Markdown. */
export function reportTable(cells: readonly CellSummary[]): string {
  const rows = [
    HEAD.map(([title]) => title),
    ...cells.map((cell) => HEAD.map(([, of]) => of(cell))),
  ];
  const widths = HEAD.map((_, column) => Math.max(2, ...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    `| ${row.map((cell, column) => cell.padStart(widths[column]!)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => `${"-".repeat(width - 1)}:`).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

const HEAD: readonly [title: string, of: (cell: CellSummary) => string][] = [
  ["servers", ({ servers }) => `${servers}`],
  ["N", ({ processes }) => `${processes}`],
  ["reads", ({ readShare }) => `${Math.round(readShare * 100)} %`],
  ["s", ({ seconds }) => `${seconds}`],
  ["lease s", ({ ttlMs }) => `${ttlMs / 1000}`],
  ["violations", ({ violations }) => `${violations.length}`],
  ["stuck", ({ stuck }) => `${stuck}`],
  ["lost", ({ lost }) => `${lost}`],
  ["false losses", ({ falseLosses }) => `${falseLosses}`],
  ["grants", ({ grants }) => `${grants}`],
  ["canceled", ({ canceled }) => `${canceled}`],
  ["grants/s", ({ grantsPerSecond }) => digits(grantsPerSecond, 0)],
  ["hand-off p50", ({ handOff }) => digits(quantile(handOff, 0.5), 2)],
  ["p99 ms", ({ handOff }) => digits(quantile(handOff, 0.99), 1)],
  ["acquire p50", ({ acquire }) => digits(quantile(acquire, 0.5), 2)],
  ["p99 ms ", ({ acquire }) => digits(quantile(acquire, 0.99), 1)],
  ["writes/grant", ({ publishesPerGrant }) => digits(publishesPerGrant, 2)],
  ["fairness", ({ fairness }) => digits(fairness, 2)],
  ["faults", ({ contenderFaults, serverFaults }) => `${contenderFaults}+${serverFaults}`],
  ["crash to grant max s", ({ crashToGrant }) => seconds(crashToGrant)],
  ["beside others (of it)", ({ disturbedCrashes }) => worst(disturbedCrashes)],
  ["fail-over max s", ({ failOver }) => seconds(failOver)],
  ["consumers", ({ consumers }) => `${consumers}`],
];

function digits(value: number, count: number): string {
  return Number.isFinite(value) ? value.toFixed(count) : "-";
}

function seconds(times: readonly number[]): string {
  return times.length === 0 ? "-" : (Math.max(...times) / 1000).toFixed(1);
}

/** The longest, and for how long of it something else was wrong. */
function worst(crashes: readonly Crash[]): string {
  const [longest] = [...crashes].sort((left, right) => right.ms - left.ms);
  if (longest === undefined) return "-";
  return `${(longest.ms / 1000).toFixed(1)} (${(longest.disturbedMs / 1000).toFixed(1)})`;
}

const WIDTH = 900;
const ROW = 26;
const LEFT = 170;
const PANEL = 400;
/** Hand-off times from 0.1 ms to 100 s. */
const [LOWEST, HIGHEST] = [-1, 5];

/** The same as a picture: how long a hand-off takes, and how evenly the grants are spread. */
export function reportPicture(cells: readonly CellSummary[]): string {
  const height = 70 + cells.length * ROW;
  const rows = cells.map((cell, index) => drawCell(cell, 60 + index * ROW));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(LEFT, 18, "hand-off: p5 to p99 (line), p25 to p75 (bar), p50 (mark), p99.9 (dot)"),
    text(LEFT + PANEL + 40, 18, "grants of each process, to the mean"),
    drawAxis(height),
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function drawAxis(height: number): string {
  const ticks = Array.from({ length: HIGHEST - LOWEST + 1 }, (_, index) => LOWEST + index);
  return ticks.map((power) => {
    const x = xOf(10 ** power);
    const label = power < 3 ? `${10 ** power} ms` : `${10 ** (power - 3)} s`;
    return `<line x1="${x}" x2="${x}" y1="42" y2="${height - 10}" stroke="#ddd"/>` +
      text(x, 38, label, "middle");
  }).join("\n");
}

function drawCell(cell: CellSummary, y: number): string {
  const { servers, processes, readShare, handOff, violations } = cell;
  const name = `${servers === 1 ? "1 server" : "cluster"}, N = ${processes}, ` +
    `${Math.round(readShare * 100)} % reads`;
  const color = violations.length === 0 ? "black" : "red";
  return [
    `<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end" fill="${color}">${name}</text>`,
    handOff.count === 0
      ? text(LEFT, y + 4, "nobody waits for a writer")
      : drawQuantiles(handOff, y),
    drawShares(cell.grantsOfEach, y),
  ].join("\n");
}

function drawQuantiles(times: Quantiles, y: number): string {
  const x = (share: number) => xOf(quantile(times, share));
  return `<line x1="${x(0.05)}" x2="${x(0.99)}" y1="${y}" y2="${y}" stroke="#36c"/>` +
    `<rect x="${x(0.25)}" y="${y - 5}" width="${Math.max(1, x(0.75) - x(0.25))}" height="10" ` +
    `fill="#9bf"/>` +
    `<rect x="${x(0.5) - 1}" y="${y - 7}" width="2" height="14" fill="#036"/>` +
    `<circle cx="${x(0.999)}" cy="${y}" r="2" fill="#c33"/>`;
}

function drawShares(grants: readonly number[], y: number): string {
  const [start, width] = [LEFT + PANEL + 40, 260];
  const mean = grants.reduce((sum, count) => sum + count, 0) / grants.length;
  const marks = grants.map((count) => {
    const x = start + Math.min(2, count / mean) * width / 2;
    return `<line x1="${x}" x2="${x}" y1="${y - 6}" y2="${y + 6}" stroke="#393" opacity="0.6"/>`;
  });
  const middle = start + width / 2;
  return `<line x1="${start}" x2="${start + width}" y1="${y}" y2="${y}" stroke="#ddd"/>` +
    `<line x1="${middle}" x2="${middle}" y1="${y - 9}" y2="${y + 9}" stroke="#aaa"/>` +
    marks.join("");
}

function xOf(ms: number): number {
  const power = Math.log10(Math.max(ms, 10 ** LOWEST));
  return Math.round(LEFT + (Math.min(power, HIGHEST) - LOWEST) / (HIGHEST - LOWEST) * PANEL);
}

function text(x: number, y: number, content: string, anchor = "start"): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#333">${content}</text>`;
}
