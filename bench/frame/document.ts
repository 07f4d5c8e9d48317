import type { BenchResult, CaseResult, RunResult } from "./model.ts";
import { budgetLines, tableOf, toMarkdown } from "./table.ts";

/** Writes the results of a bench as a page of Markdown. */
export function documentOf({ name, title, runs }: BenchResult, charts: readonly string[]): string {
  const head = [
    `# ${title}`,
    "Written by `deno task bench`; how it is measured is told in [docs/benchmarks.md]" +
    "(../../docs/benchmarks.md). Of the main figure it is the median (smallest-largest) of the " +
    "rounds, of the others the median. The ratio is the median of the rounds' ratios to the " +
    "contestant whose ratio is 1.",
    ...charts.map((file) => `![${title}](${file})`),
  ];
  return `${[...head, ...runs.flatMap((run) => sectionOf(name, run))].join("\n\n")}\n`;
}

function sectionOf(bench: string, run: RunResult): string[] {
  const { lines } = budgetLines(run.cases);
  const { processor, cores, memoryGiB, system } = run.machine;
  const load = run.load === undefined ? "" : `; load before: ${run.load.toFixed(1)}`;
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `## ${bench} on ${run.runtime}${run.isQuick ? " (quick run: short rounds)" : ""}`,
    [
      `- ${run.date}, ${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}${load}`,
      `- ${versions.join(", ")}`,
      `- ${lengthOf(run.cases)}${
        run.tookSeconds === undefined ? "" : `; took ${run.tookSeconds} s`
      }`,
      `- repeat it: \`${run.command}\``,
    ].join("\n"),
    toMarkdown(tableOf(run.cases)),
    ...notesOf(run.cases).map((note) => `Note: ${note}`),
    ...lines.length === 0 ? [] : [`\`\`\`text\n${lines.join("\n")}\n\`\`\``],
  ];
}

function notesOf(cases: readonly CaseResult[]): string[] {
  return [...new Set(cases.flatMap(({ note }) => note ?? []))];
}

/** How long rounds were, and how many. */
function lengthOf(cases: readonly CaseResult[]): string {
  const counts = cases.flatMap(({ contestants }) =>
    contestants.flatMap(({ figures }) => Object.values(figures).map(({ length }) => length))
  );
  const turns = [...new Set(cases.flatMap(({ turnMs }) => turnMs ?? []))];
  const length = turns.length === 0 ? "" : `, turns of ${turns.join(" and ")} ms`;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `${least === most ? most : `${least} to ${most}`} rounds${length}`;
}
