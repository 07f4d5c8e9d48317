/** What was measured of one case in one round. */
export interface Figure {
  readonly name: string;
  /** Which way to lock, or `put`. */
  readonly way: string;
  readonly unit: "ms" | "/s";
  readonly kind: "p50" | "p99" | "rate";
  readonly value: number;
}

/** At most so many P, the median of a put; or so many p99 of a put; or at least so many per P. */
const BUDGETS: Readonly<Record<string, number>> = {
  "warm acquire p50": 1.3,
  "warm release p50": 1.3,
  "cold acquire p50": 2.3,
  "hand-off, 1 process p50": 2,
  "hand-off, 2 processes p50": 3.5,
  "hand-off, 8 processes p50": 5,
  "hand-off, 1 process p99": 3,
  "hand-off, 2 processes p99": 3,
  "hand-off, 8 processes p99": 3,
  "64 readers at once, 1 process p50": 6,
  "64 readers at once, 8 x 8 p50": 45,
  "grants, 1 process rate": 0.3,
  "grants, 8 processes rate": 0.15,
};

const HEAD = ["case", "figure", "way", "value", "to a put", "budget", ""];

/** Prints a table of medians; tells how many budgets were missed. */
export function reportLocks(rounds: readonly (readonly Figure[])[]): number {
  const rows = rounds[0]!.map((_, index) => judge(rounds, index));
  const table = [HEAD, ...rows.map(({ cells }) => cells)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log(`\nLocks on one server: median (smallest-largest) of ${rounds.length} rounds\n`);
  for (const row of table) {
    const line = row.map((cell, column) =>
      column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    );
    console.log(`  ${line.join("  ").trimEnd()}`);
  }
  const judged = rows.filter(({ isMet }) => isMet !== undefined);
  const missed = judged.filter(({ isMet }) => !isMet).length;
  console.log(`\n${judged.length - missed} of ${judged.length} budgets met`);
  return missed;
}

function judge(
  rounds: readonly (readonly Figure[])[],
  index: number,
): { cells: string[]; isMet: boolean | undefined } {
  const { name, way, unit, kind } = rounds[0]![index]!;
  const values = rounds.map((figures) => figures[index]!.value);
  const ratios = rounds.map((figures) => ratioOf(figures, figures[index]!));
  const budget = way === "shizuku" ? BUDGETS[`${name} ${kind}`] : undefined;
  const ratio = median(ratios);
  const isMet = budget === undefined
    ? undefined
    : kind === "rate"
    ? ratio >= budget
    : ratio <= budget;
  const limit = budget === undefined ? "" : `${kind === "rate" ? ">=" : "<="} ${budget.toFixed(2)}`;
  return {
    cells: [
      name,
      kind,
      way,
      `${spread(values, unit === "ms" ? 3 : 0)} ${unit}`,
      `${spread(ratios, 2)} ${kind === "rate" ? "/ P" : kind === "p99" ? "p99" : "P"}`,
      limit,
      isMet === undefined ? "" : isMet ? "met" : "MISSED",
    ],
    isMet,
  };
}

/** To the put's figure of the same kind and round; a rate to one put at a time. */
function ratioOf(figures: readonly Figure[], { kind, value }: Figure): number {
  const put = (wanted: Figure["kind"]) =>
    figures.find(({ way, kind }) => way === "put" && kind === wanted)!.value;
  return kind === "rate" ? value * put("p50") / 1000 : value / put(kind);
}

function spread(values: readonly number[], digits: number): string {
  const write = (value: number) => value.toFixed(digits);
  return `${write(median(values))} (${write(Math.min(...values))}-${write(Math.max(...values))})`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
