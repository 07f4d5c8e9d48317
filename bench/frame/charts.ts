import { type Bar, drawBars } from "./bar_chart.ts";
import { drawCurves } from "./line_chart.ts";
import {
  type BenchResult,
  type CaseResult,
  contestantOf,
  type ContestantResult,
  type FigureName,
  FIGURES,
  mainFigure,
  ratiosOf,
  type RunResult,
} from "./model.ts";
import { median } from "./statistics.ts";

/** What of a bench's results is drawn. */
export interface ChartChoice {
  readonly title: string;
  /**
   * - `ratio`: bars of each contestant's main figure to the baseline's.
   * - `value`: bars of the main figure itself.
   * - `curves`: one figure over how many there are of something.
   */
  readonly kind: "ratio" | "value" | "curves";
  /** Cases that bars are drawn of, by how their names begin. Default: all. */
  readonly cases?: readonly string[];
  /** Figure of curves. */
  readonly figure?: FigureName;
  /** What the numbers mean. */
  readonly subtitle: string;
}

const RUNTIME_NAMES = { deno: "Deno", bun: "Bun", node: "Node" } as const;

/** Draws the choice as an SVG; nothing if there is nothing to draw. */
export function draw(result: BenchResult, choice: ChartChoice): string | undefined {
  const marks = result.runs.some(({ isQuick }) => isQuick) ? ["quick run"] : [];
  const subtitle = [choice.subtitle, ...marks].join(" · ");
  return choice.kind === "curves"
    ? drawGrowth(result, { ...choice, subtitle })
    : drawGroups(result, { ...choice, subtitle });
}

function drawGroups(
  { runs }: BenchResult,
  { title, subtitle, kind, cases }: ChartChoice,
): string | undefined {
  const groups = runs.flatMap((run) =>
    wanted(run, cases).map((each) => ({
      title: `${nameOf(run)}: ${each.name}`,
      bars: each.contestants.flatMap((contestant) => barOf(each, contestant, kind === "ratio")),
    }))
  ).filter(({ bars }) => bars.length > 0);
  if (groups.length === 0) return undefined;
  return drawBars({ title, subtitle, groups, ...kind === "ratio" ? { mark: 1 } : {} });
}

function wanted({ cases }: RunResult, beginnings: readonly string[] | undefined): CaseResult[] {
  if (beginnings === undefined) return [...cases];
  return cases.filter(({ name }) => beginnings.some((beginning) => name.startsWith(beginning)));
}

function nameOf({ runtime, versions }: RunResult): string {
  return `${RUNTIME_NAMES[runtime]} ${versions[runtime] ?? ""}`.trimEnd();
}

function barOf(each: CaseResult, contestant: ContestantResult, isRatio: boolean): Bar[] {
  const figure = mainFigure(contestant);
  if (figure === undefined) return [];
  const ratios = ratiosOf(contestant, contestantOf(each, each.baseline), figure);
  const values = isRatio ? ratios : contestant.figures[figure]!;
  if (values.length === 0) return [];
  const amount = short(median(contestant.figures[figure]!), figure);
  const times = ratios.length === 0 || !isRatio ? "" : `${median(ratios).toFixed(2)}× · `;
  return [{
    label: contestant.name,
    kind: kindOf(each, contestant),
    value: median(values),
    spread: [Math.min(...values), Math.max(...values)],
    text: times + amount,
  }];
}

function kindOf({ baseline }: CaseResult, { name, isOurs }: ContestantResult): Bar["kind"] {
  if (isOurs) return "ours";
  if (name === "bare socket") return "floor";
  return name === baseline || name.startsWith("raw") ? "raw" : "other";
}

/** Writes an amount in little space: `104 k/s`. */
export function short(value: number, figure: FigureName): string {
  if (figure === "perSecond") return `${thousands(value)}/s`;
  const { label, digits } = FIGURES[figure];
  if (label.startsWith("bytes")) return `${thousands(value)}B`;
  return `${value.toLocaleString("en", { maximumFractionDigits: digits })} ${label}`;
}

function thousands(value: number): string {
  const [amount, unit] = value >= 1e6 ? [value / 1e6, "M"] : value >= 1e3 ? [value / 1e3, "k"] : [
    value,
    "",
  ];
  return `${amount.toLocaleString("en", { maximumSignificantDigits: 3 })} ${unit}`;
}

function drawGrowth(
  { runs }: BenchResult,
  { title, subtitle, figure = "ms", cases }: ChartChoice,
): string | undefined {
  const curves = runs.flatMap((run) => {
    const points = wanted(run, cases).flatMap((each) => pointOf(each, figure));
    const names = [...new Set(points.map(({ curve }) => curve))];
    const suffix = runs.length === 1 ? "" : `, ${RUNTIME_NAMES[run.runtime]}`;
    return names.map((name) => ({
      label: name + suffix,
      points: points.filter(({ curve }) => curve === name).map(({ x, y }) => [x, y] as const),
    }));
  });
  if (curves.length === 0) return undefined;
  return drawCurves({ title, subtitle, unit: FIGURES[figure].label, curves });
}

function pointOf(
  { point, contestants }: CaseResult,
  figure: FigureName,
): { curve: string; x: number; y: number }[] {
  const ours = contestants.find(({ isOurs }) => isOurs) ?? contestants[0];
  const values = ours?.figures[figure];
  if (point === undefined || values === undefined) return [];
  return [{ curve: point.curve, x: point.count, y: median(values) }];
}
