/**
 * Measures again and compares with the results in `bench/results`: `check.ts [--runtime=deno]
 * [NAME…]`.
 *
 * Only ratios to the baseline of the same run are compared, never times, so that the machine may be
 * another. What looks worse than the noise is measured a second time; what is worse both times fails.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { findRuntime, parseRuntimes, type Runtime } from "../tools/_runtimes.ts";
import { findNatsServer, installPackages } from "../tools/_setup.ts";
import { mergeRuns, readResult } from "./_results.ts";
import { runBench } from "./_run_bench.ts";
import { type Bench, chooseBenches } from "./frame/benches.ts";
import {
  agreed,
  compareResults,
  describeFinding,
  type Finding,
  isWrong,
} from "./frame/compare_results.ts";
import type { BenchResult, RunResult } from "./frame/model.ts";

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { runtime: { type: "string", default: "deno" } },
  });
  const runtimes = parseRuntimes(values.runtime);
  await installPackages();
  const natsServer = await findNatsServer();
  const wrong: Finding[] = [];
  for (const bench of chooseBenches(positionals)) {
    const committed = await readResult(bench.name);
    for (const runtime of runtimes) {
      const run = committed?.runs.find((run) => run.runtime === runtime);
      if (run === undefined) console.log(`nothing to compare: ${bench.name} on ${runtime}`);
      else wrong.push(...await checkRun(bench, committed!, run, natsServer));
    }
  }
  console.log(`\n${wrong.length} ratios are worse than the noise or missing`);
  for (const finding of wrong) console.log(`  ${describeFinding(finding)}`);
  return wrong.length === 0 ? 0 : 1;
}

/** Measures a run again, and once more if something looks wrong. */
async function checkRun(
  bench: Bench,
  committed: BenchResult,
  run: RunResult,
  natsServer: string,
): Promise<Finding[]> {
  const comparisons: Finding[][] = [];
  while (comparisons.length < 2 && (comparisons.at(-1)?.some(isWrong) ?? true)) {
    const findings = compareResults(committed, await measure(bench, run, natsServer));
    for (const finding of findings) console.log(`  ${describeFinding(finding)}`);
    comparisons.push(findings);
  }
  return agreed(comparisons);
}

/** Measures with as many and as long rounds as the committed run. */
async function measure(bench: Bench, run: RunResult, natsServer: string): Promise<BenchResult> {
  const [rounds, turnMs] = ["rounds", "turn-ms"].map((name) => numberIn(run.command, name));
  const options = { isQuick: run.isQuick, isChecked: false, rounds, turnMs, natsServer };
  const runtime = await findRuntime(run.runtime as Runtime);
  const measured = await runBench(bench, runtime, options);
  for (const file of measured.failed) console.error(`failed: ${file} on ${run.runtime}`);
  return mergeRuns(bench, undefined, [measured.run]);
}

/** The number that a command gives to an option. */
function numberIn(command: string, option: string): number | undefined {
  const number = new RegExp(`--${option}=(\\d+)`).exec(command)?.[1];
  return number === undefined ? undefined : Number(number);
}

Deno.exitCode = await main(Deno.args);
