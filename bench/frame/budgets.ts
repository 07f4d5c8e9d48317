import { type Budget, type CaseResult, contestantOf, ratiosOf } from "./model.ts";
import { median } from "./statistics.ts";

/** A budget, and what was measured. */
export interface Verdict {
  readonly case: string;
  readonly budget: Budget;
  /** The median of the ratios, or of the values. */
  readonly value: number;
  readonly isMet: boolean;
}

/** Judges the budgets of some cases; one of which nothing was measured is missed. */
export function judge(cases: readonly CaseResult[]): Verdict[] {
  return cases.flatMap((each) =>
    (each.budgets ?? []).map((budget) => {
      const value = valueOf(each, budget);
      return { case: each.name, budget, value, isMet: isWithin(budget, value) };
    })
  );
}

function valueOf(measured: CaseResult, { contestant, figure, to }: Budget): number {
  const judged = contestantOf(measured, contestant);
  if (judged === undefined) return Number.NaN;
  if (to === null) return median(judged.figures[figure] ?? []);
  const other = contestantOf(measured, to ?? measured.baseline);
  return median(ratiosOf(judged, other, figure));
}

function isWithin({ atLeast = -Infinity, atMost = Infinity }: Budget, value: number): boolean {
  return value >= atLeast && value <= atMost;
}

/** Writes a verdict as a line: `met     echo: shizuku, per second, to raw: 2.81, at least 2.7`. */
export function describeVerdict(verdict: Verdict, baseline: string | undefined): string {
  const { budget, value, isMet } = verdict;
  const { contestant, figure, to = baseline, atLeast, atMost } = budget;
  const bound = atLeast === undefined ? `at most ${round(atMost!)}` : `at least ${round(atLeast)}`;
  const subject = to === null ? "" : `, to ${to}`;
  const [word, what] = [isMet ? "met" : "MISSED", `${contestant}, ${figure}${subject}`];
  return `${word.padEnd(6)} ${verdict.case}: ${what}: ${round(value)}, ${bound}`;
}

function round(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 0.1 ? 4 : 2 });
}
