import type { Turn } from "./_participant.ts";

/** How a ratio must be: ours to the baseline's. */
export interface Budget {
  atLeast?: number;
  atMost?: number;
}

/** What is compared of two sides. */
export interface Row {
  /** What is compared with what. */
  title: string;
  /** Which figure of the turns. */
  figure: keyof Turn;
  ours: Turn[];
  baseline: Turn[];
  budget?: Budget | undefined;
}

const UNITS: Record<keyof Turn, string> = {
  perSecond: "messages/s",
  writesPerAck: "writes/ack",
  mostHeld: "held",
  heapMiB: "heap MiB",
  cpuMicros: "µs CPU",
};

const HEAD = ["case", "figure", "ours", "baseline", "ratio", "budget", ""];

/** Prints a table; tells how many budgets were missed. */
export function report(rows: Row[]): number {
  const judged = rows.map((row) => ({ row, ratios: ratiosOf(row) }));
  const missed = judged.filter(({ row, ratios }) => !isMet(row.budget, median(ratios)));
  print([HEAD, ...judged.map(({ row, ratios }) => cells(row, ratios))]);
  const budgets = rows.filter(({ budget }) => budget !== undefined).length;
  console.log(`\n${budgets - missed.length} of ${budgets} budgets met`);
  return missed.length;
}

function cells(row: Row, ratios: number[]): string[] {
  const { title, figure, budget } = row;
  const digits = figure === "perSecond" || figure === "mostHeld" ? 0 : 2;
  const [ours, baseline] = [row.ours, row.baseline].map((turns) =>
    spread(turns.map((turn) => turn[figure]), digits)
  );
  return [
    title,
    UNITS[figure],
    ours!,
    baseline!,
    spread(ratios, figure === "writesPerAck" ? 4 : 2),
    describe(budget),
    budget === undefined ? "" : isMet(budget, median(ratios)) ? "met" : "MISSED",
  ];
}

/** Ours to the baseline's, round by round: what hits a round hits both. */
function ratiosOf({ ours, baseline, figure }: Row): number[] {
  return ours.map((turn, round) => turn[figure] / baseline[round]![figure]);
}

function isMet(budget: Budget | undefined, ratio: number): boolean {
  if (budget === undefined) return true;
  return ratio >= (budget.atLeast ?? -Infinity) && ratio <= (budget.atMost ?? Infinity);
}

function describe(budget: Budget | undefined): string {
  if (budget === undefined) return "";
  const { atLeast, atMost } = budget;
  return atLeast === undefined ? `<= ${atMost!.toFixed(2)}` : `>= ${atLeast.toFixed(2)}`;
}

/** Median, smallest and largest. */
function spread(values: number[], digits: number): string {
  const write = (value: number) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${write(median(values))} (${write(Math.min(...values))}-${write(Math.max(...values))})`;
}

function median(values: number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

function print(table: string[][]): void {
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table) {
    const line = row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    );
    console.log(`  ${line.join("  ").trimEnd()}`);
  }
}
