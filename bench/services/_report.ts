import { type CaseResult, type FigureName, figuresOf } from "../frame/model.ts";
import { report as reportCases } from "../frame/report.ts";
import type { Budget } from "./_budgets.ts";
import type { PairResult, Turn } from "./_pair.ts";

/** What is compared of two sides. */
export interface Row {
  /** What is done, such as `get, both direct`. */
  title: string;
  inFlight: number;
  /** Which figure of the turns the budget is for. */
  figure: keyof Turn;
  result: PairResult;
  budget?: Budget | undefined;
}

const FIGURES: Record<keyof Turn, FigureName> = {
  perSecond: "perSecond",
  p50Ms: "p50Ms",
  p99Ms: "p99Ms",
  callerMicros: "clientMicros",
  serviceMicros: "serviceMicros",
};
/** Who is compared, unless the title says so: `JSON in process: rpc() to a plain route`. */
const [OURS, BASELINE] = ["shizuku", "official client"] as const;
const PAIR = /^(.+): (.+) to (.+)$/;

/** Prints a table; tells how many budgets were missed. */
export function report(
  rows: readonly Row[],
  title: string = "Pairs",
  baseline: string = BASELINE,
): number {
  return reportCases(title, casesOf(rows, baseline));
}

/** One case for each result; rows of the same result bring its budgets together. */
function casesOf(rows: readonly Row[], baseline: string): CaseResult[] {
  const results = [...new Set(rows.map(({ result }) => result))];
  return results.map((result) => {
    const own = rows.filter((row) => row.result === result);
    const { title, inFlight } = own[0]!;
    const [, work = title, ours = OURS, other = baseline] = PAIR.exec(title) ?? [];
    const budgets = own.flatMap(({ figure, budget }) =>
      budget === undefined ? [] : [{ contestant: ours, figure: FIGURES[figure], ...budget }]
    );
    return {
      name: `${work}, ${inFlight.toLocaleString("en")} in flight`,
      baseline: other,
      ...budgets.length === 0 ? {} : { budgets },
      contestants: [
        { name: other, figures: figuresOf(result.baseline.map(toSample)) },
        { name: ours, isOurs: true, figures: figuresOf(result.ours.map(toSample)) },
      ],
    };
  });
}

function toSample(turn: Turn): Partial<Record<FigureName, number>> {
  return Object.fromEntries(
    Object.entries(FIGURES).map(([from, to]) => [to, turn[from as keyof Turn]]),
  );
}
