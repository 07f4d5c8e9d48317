import { describeVerdict, judge } from "./budgets.ts";
import {
  type CaseResult,
  contestantOf,
  type ContestantResult,
  type FigureName,
  FIGURES,
  mainFigure,
  ratiosOf,
} from "./model.ts";
import { median } from "./statistics.ts";

/** A table of text: a head, and rows of as many cells. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One row for each contestant of each case; only figures that somebody has get a column. */
export function tableOf(cases: readonly CaseResult[]): Table {
  const figures = (Object.keys(FIGURES) as FigureName[]).filter((name) =>
    cases.some(({ contestants }) => contestants.some(({ figures }) => figures[name] !== undefined))
  );
  return {
    head: ["case", "who", ...figures.map((name) => FIGURES[name].label), "ratio"],
    rows: cases.flatMap((each) =>
      each.contestants.map((contestant, index) => [
        index === 0 ? each.name : "",
        contestant.name,
        ...figures.map((name) => cell(contestant, name)),
        ratioCell(each, contestant),
      ])
    ),
  };
}

/** Median, smallest and largest of the main figure; the median alone of the others. */
function cell(contestant: ContestantResult, name: FigureName): string {
  const values = contestant.figures[name];
  if (values === undefined) return "";
  return name === mainFigure(contestant)
    ? spread(values, FIGURES[name].digits)
    : write(median(values), FIGURES[name].digits);
}

/** The ratio of the main figure to the baseline's. */
function ratioCell(measured: CaseResult, contestant: ContestantResult): string {
  const figure = mainFigure(contestant);
  if (figure === undefined) return "";
  const ratios = ratiosOf(contestant, contestantOf(measured, measured.baseline), figure);
  if (ratios.length === 0) return "";
  return contestant.name === measured.baseline ? "1" : spread(ratios, 2);
}

/** Median, smallest and largest: `1.52 (1.49-1.60)`. */
export function spread(values: readonly number[], digits: number): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const middle = write(median(values), digits);
  if (values.length === 1) return middle;
  return `${middle} (${write(least, digits)}-${write(most, digits)})`;
}

function write(value: number, digits: number): string {
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Lays a table out for a terminal. */
export function toText({ head, rows }: Table): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row.map((text, column) =>
      column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
  return lines.map((line) => `  ${line}`).join("\n");
}

/** Writes a table in Markdown. */
export function toMarkdown({ head, rows }: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, column) => column < 2 ? "---" : "--:");
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** The budgets of some cases, a line each, and how many of them were missed. */
export function budgetLines(cases: readonly CaseResult[]): { lines: string[]; missed: number } {
  const verdicts = judge(cases);
  const baselines = new Map(cases.map(({ name, baseline }) => [name, baseline]));
  return {
    lines: verdicts.map((verdict) => describeVerdict(verdict, baselines.get(verdict.case))),
    missed: verdicts.filter(({ isMet }) => !isMet).length,
  };
}
