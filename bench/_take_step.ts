import { findRuntime } from "../tools/_runtimes.ts";
import { mergeRuns, readResult, showResults, writeResult } from "./_results.ts";
import { runBench, type RunBenchOptions } from "./_run_bench.ts";
import { type Bench, BENCHES } from "./frame/benches.ts";
import type { RunResult } from "./frame/model.ts";
import type { Step } from "./frame/steps.ts";

/**
 * Measures a bench on a runtime, and writes what it has shown if it came to its end.
 *
 * @returns What failed.
 */
export async function takeStep(
  { bench, runtime }: Step,
  options: RunBenchOptions,
  isWritten: boolean,
): Promise<string[]> {
  const { run, failed, missed } = await runBench(bench, await findRuntime(runtime), options);
  console.log(`\n${describeVersions(run)}`);
  if (isWritten && failed.length === 0 && isWhole(bench)) {
    await writeResult(bench, mergeRuns(bench, await readResult(bench.name), [run]));
    await showResults();
    console.log(`written: bench/results/${bench.name}.json, .md, .svg`);
  }
  return [...failed.map((file) => `${file} failed`), ...missed.map((file) => `${file}: a budget`)];
}

function describeVersions({ versions }: RunResult): string {
  return Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
}

/** Whether all scripts of the bench are run. */
function isWhole({ name, files }: Bench): boolean {
  return BENCHES.find((bench) => bench.name === name)!.files.length === files.length;
}
