/**
 * Runs benchmarks and writes their results into `bench/results`.
 *
 * `run.ts [--runtime=deno,bun,node|all] [--quick] [--check] [--no-write] [--draw] [--rounds=7]
 * [--turn-ms=400] [NAME…]`, where a name is one of those in `frame/benches.ts`, or a part of a
 * script's path; without names it runs all, and without a runtime on all three.
 *
 * - `--quick`: few and short rounds; the results say so.
 * - `--check`: a budget that is missed fails the run.
 * - `--no-write`: leaves the results as they are, as a run of some of a bench's scripts always does.
 * - `--draw`: measures nothing; writes pages and charts anew from the figures that there are.
 *
 * What fails, or takes far longer than it should, is ended and named at the end; what it had written
 * before stays, and the others go on. The status is 0 only if nothing has failed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { parseRuntimes } from "../tools/_runtimes.ts";
import { findNatsServer, installPackages } from "../tools/_setup.ts";
import { readResult, showResults, writeResult } from "./_results.ts";
import type { RunBenchOptions } from "./_run_bench.ts";
import { takeStep } from "./_take_step.ts";
import { type Bench, chooseBenches } from "./frame/benches.ts";
import { positive } from "./frame/options.ts";
import { installRivals } from "./frame/rivals.ts";
import { describeOutcomes, measureAll, stepsOf } from "./frame/steps.ts";

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runtime: { type: "string" },
      quick: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      "no-write": { type: "boolean", default: false },
      draw: { type: "boolean", default: false },
      rounds: { type: "string" },
      "turn-ms": { type: "string" },
    },
  });
  const benches = chooseBenches(positionals);
  if (values.draw) return await drawAnew(benches);
  const steps = stepsOf(benches, parseRuntimes(values.runtime));
  const { rounds, "turn-ms": turnMs } = values;
  const asked = {
    isQuick: values.quick,
    isChecked: values.check,
    rounds: rounds === undefined ? undefined : positive("rounds", rounds),
    turnMs: turnMs === undefined ? undefined : positive("turn-ms", turnMs),
  };
  await installPackages();
  await installRivalsOf(benches);
  const options: RunBenchOptions = { ...asked, natsServer: await findNatsServer() };
  const isWritten = !values["no-write"];
  const outcomes = await measureAll(steps, asked, (step) => takeStep(step, options, isWritten));
  console.log(`\n${describeOutcomes(outcomes)}`);
  return outcomes.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

/** Beforehand, so that no bench waits for it; one whose rivals cannot be installed fails by itself. */
async function installRivalsOf(benches: readonly Bench[]): Promise<void> {
  for (const area of new Set(benches.flatMap(({ rivals }) => rivals ?? []))) {
    await installRivals(area).catch((error: Error) => console.error(error.message));
  }
}

async function drawAnew(benches: readonly Bench[]): Promise<number> {
  for (const bench of benches) {
    const result = await readResult(bench.name);
    if (result !== undefined) await writeResult(bench, result);
  }
  await showResults();
  return 0;
}

Deno.exitCode = await main(Deno.args);
