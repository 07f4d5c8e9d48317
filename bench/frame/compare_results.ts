import {
  type BenchResult,
  type CaseResult,
  contestantOf,
  type ContestantResult,
  type FigureName,
  FIGURES,
  mainFigure,
  ratiosOf,
  type Runtime,
} from "./model.ts";
import { median, noiseOf } from "./statistics.ts";

/** What became of one ratio. */
export interface Finding {
  readonly bench: string;
  readonly runtime: Runtime;
  readonly case: string;
  readonly contestant: string;
  readonly figure: FigureName;
  /** The median of the committed ratios. */
  readonly was: number;
  /** The median of those that were measured now. */
  readonly is: number;
  /** How much worse it may become before it is no noise: 0.08 is 8 %. */
  readonly tolerance: number;
  readonly verdict: "same" | "worse" | "better" | "missing";
}

/** Two medians that differ by so many standard errors differ indeed. */
const ERRORS = 4;
/** Less than this is never called a change: processes differ by as much from start to start. */
const LEAST_CHANGE = 0.06;

/**
 * Compares our ratios with those that were committed, never times: the machine may be another.
 *
 * A ratio counts as changed when its median has moved by more than both runs scatter, which each of
 * them shows by its rounds. Cases of runtimes that were not measured now are left out; a case that is
 * gone from a runtime that was measured is `missing`.
 */
export function compareResults(committed: BenchResult, measured: BenchResult): Finding[] {
  return committed.runs.flatMap((run) => {
    const now = measured.runs.find(({ runtime }) => runtime === run.runtime);
    if (now === undefined) return [];
    return run.cases.flatMap((was) => {
      const is = now.cases.find(({ name }) => name === was.name);
      return compareCase(was, is).map((finding) => ({
        bench: committed.name,
        runtime: run.runtime,
        ...finding,
      }));
    });
  });
}

type CaseFinding = Omit<Finding, "bench" | "runtime">;

function compareCase(was: CaseResult, is: CaseResult | undefined): CaseFinding[] {
  const ours = was.contestants.filter(({ isOurs, name }) => isOurs && name !== was.baseline);
  return ours.flatMap((contestant) => {
    const figure = mainFigure(contestant);
    if (figure === undefined) return [];
    const before = ratiosOf(contestant, contestantOf(was, was.baseline), figure);
    if (before.length === 0) return [];
    const after = is === undefined ? [] : ratiosOfNow(is, contestant, figure);
    return [{
      case: was.name,
      contestant: contestant.name,
      figure,
      ...compareRatios(before, after, FIGURES[figure].better),
    }];
  });
}

function ratiosOfNow(is: CaseResult, { name }: ContestantResult, figure: FigureName): number[] {
  const contestant = contestantOf(is, name);
  return contestant === undefined
    ? []
    : ratiosOf(contestant, contestantOf(is, is.baseline), figure);
}

/** Compares the ratios of two runs. */
export function compareRatios(
  before: readonly number[],
  after: readonly number[],
  better: "more" | "less",
): Pick<Finding, "was" | "is" | "tolerance" | "verdict"> {
  const [was, is] = [median(before), median(after)];
  const noise = ERRORS * Math.hypot(noiseOf(before), noiseOf(after));
  const tolerance = Math.max(LEAST_CHANGE, noise);
  if (after.length === 0) return { was, is, tolerance, verdict: "missing" };
  const gain = Math.log(is / was) * (better === "more" ? 1 : -1);
  const verdict = gain < -tolerance ? "worse" : gain > tolerance ? "better" : "same";
  return { was, is, tolerance, verdict };
}

/** Keeps what is wrong in every one of some comparisons; what is wrong once may be chance. */
export function agreed(comparisons: readonly (readonly Finding[])[]): Finding[] {
  const [first = [], ...others] = comparisons;
  return first.filter(isWrong).filter((finding) =>
    others.every((findings) =>
      findings.some((other) => isWrong(other) && keyOf(other) === keyOf(finding))
    )
  );
}

/** Whether a finding fails the check. */
export function isWrong({ verdict }: Finding): boolean {
  return verdict === "worse" || verdict === "missing";
}

function keyOf(finding: Finding): string {
  return [finding.bench, finding.runtime, finding.case, finding.contestant].join("\n");
}

/** Writes a finding as a line. */
export function describeFinding(finding: Finding): string {
  const { verdict, bench, runtime, contestant, was, is, tolerance } = finding;
  const what = `${bench} on ${runtime}, ${finding.case}, ${contestant}`;
  const change = verdict === "missing" ? "not measured" : is.toFixed(2);
  const percent = Number.isFinite(tolerance) ? `${(tolerance * 100).toFixed(0)} %` : "unknown";
  return `${verdict.padEnd(7)} ${what}: ratio ${was.toFixed(2)} -> ${change}, noise ${percent}`;
}
