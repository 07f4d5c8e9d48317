import { ROOT } from "../tools/_run.ts";
import { type Bench, BENCHES } from "./frame/benches.ts";
import { draw } from "./frame/charts.ts";
import { documentOf } from "./frame/document.ts";
import { withCharts } from "./frame/gallery.ts";
import type { BenchResult, RunResult } from "./frame/model.ts";

const RUNTIMES = ["deno", "bun", "node"] as const;

/** Where results are kept. */
export const RESULTS: string = `${ROOT}/bench/results`;

/** Reads the results of a bench; nothing if there are none. */
export async function readResult(name: string): Promise<BenchResult | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(`${RESULTS}/${name}.json`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Puts runs into the results of a bench: in the place of those on the same runtime. */
export function mergeRuns(
  { name, title }: Bench,
  kept: BenchResult | undefined,
  runs: readonly RunResult[],
): BenchResult {
  const all = [...(kept?.runs ?? []).filter((old) => !runs.some(isOf(old.runtime))), ...runs];
  return {
    name,
    title,
    runs: RUNTIMES.flatMap((runtime) => all.find(isOf(runtime)) ?? []),
  };
}

function isOf(runtime: string): (run: RunResult) => boolean {
  return (run) => run.runtime === runtime;
}

/** Writes the results of a bench as JSON, as a page and as charts. */
export async function writeResult(bench: Bench, result: BenchResult): Promise<void> {
  await Deno.mkdir(RESULTS, { recursive: true });
  const charts: string[] = [];
  for (const [suffix, choice] of Object.entries(bench.charts)) {
    const svg = draw(result, choice);
    if (svg === undefined) continue;
    const file = `${bench.name}${suffix}.svg`;
    charts.push(file);
    await Deno.writeTextFile(`${RESULTS}/${file}`, svg);
  }
  await Deno.writeTextFile(`${RESULTS}/${bench.name}.md`, documentOf(result, charts));
  await Deno.writeTextFile(`${RESULTS}/${bench.name}.json`, toJson(result));
}

/** Documents that show the charts. */
const DOCUMENTS = [
  { path: "README.md", folder: "bench/results", isWhole: false },
  { path: "docs/benchmarks.md", folder: "../bench/results", isWhole: true },
];

/** Shows in the documents the charts that there are. */
export async function showResults(): Promise<void> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(RESULTS)) files.push(name);
  for (const { path, ...options } of DOCUMENTS) {
    const text = await Deno.readTextFile(`${ROOT}/${path}`);
    const shown = withCharts(text, BENCHES, files, options);
    if (shown !== text) await Deno.writeTextFile(`${ROOT}/${path}`, shown);
  }
}

/** A line for each contestant, so that a difference can be read. */
function toJson(result: BenchResult): string {
  const text = JSON.stringify(result, null, 1);
  return `${
    text.replaceAll(/\[\s+([-\d.,\s]+?)\s+\]/g, (_, list) => `[${list.replaceAll(/\s+/g, "")}]`)
  }\n`;
}
