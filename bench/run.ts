/**
 * Runs benchmarks and writes their results into `bench/results`.
 *
 * `run.ts [--runtime=deno,bun,node] [--quick] [--check] [--no-write] [--draw] [--rounds=7]
 * [--turn-ms=400] [NAME…]`, where a name is one of those in `frame/benches.ts`, or a part of a
 * script's path; without names it runs all, and without a runtime on all three.
 *
 * - `--quick`: few and short rounds; the results say so.
 * - `--check`: a budget that is missed fails the run.
 * - `--no-write`: leaves the results as they are, as a run of some of a bench's scripts always does.
 * - `--draw`: measures nothing; writes pages and charts anew from the figures that there are.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { findRuntime, parseRuntimes, type Runtime } from "../tools/_runtimes.ts";
import { findNatsServer, installPackages } from "../tools/_setup.ts";
import { mergeRuns, readResult, writeResult } from "./_results.ts";
import { runBench, type RunBenchOptions } from "./_run_bench.ts";
import { type Bench, BENCHES, chooseBenches } from "./frame/benches.ts";
import type { RunResult } from "./frame/model.ts";

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
  const runtimes = parseRuntimes(values.runtime);
  await installPackages();
  const options: RunBenchOptions = {
    isQuick: values.quick,
    isChecked: values.check,
    turns: [
      ...values.rounds === undefined ? [] : [`--rounds=${values.rounds}`],
      ...values["turn-ms"] === undefined ? [] : [`--turn-ms=${values["turn-ms"]}`],
    ],
    natsServer: await findNatsServer(),
  };
  const failed = await measureAll(benches, runtimes, options, !values["no-write"]);
  for (const each of failed) console.error(`failed: ${each}`);
  return failed.length === 0 ? 0 : 1;
}

/** Measures one bench after the other; tells what failed. */
async function measureAll(
  benches: readonly Bench[],
  runtimes: readonly Runtime[],
  options: RunBenchOptions,
  isWritten: boolean,
): Promise<string[]> {
  const failed: string[] = [];
  const steps = benches.flatMap((bench) =>
    runtimes.filter((name) => bench.runtimes?.includes(name) ?? true)
      .map((runtime) => ({ bench, runtime }))
  );
  for (const [index, { bench, runtime }] of steps.entries()) {
    console.log(`\n[${index + 1}/${steps.length}] ${bench.title} on ${runtime}`);
    const { run, failed: scripts } = await runBench(bench, await findRuntime(runtime), options);
    console.log(`\n${describeVersions(run)}`);
    failed.push(...scripts.map((file) => `${file} on ${runtime}`));
    if (!isWritten || !isWhole(bench) || run.cases.length === 0) continue;
    await writeResult(bench, mergeRuns(bench, await readResult(bench.name), [run]));
    console.log(`written: bench/results/${bench.name}.json, .md, .svg`);
  }
  return failed;
}

async function drawAnew(benches: readonly Bench[]): Promise<number> {
  for (const bench of benches) {
    const result = await readResult(bench.name);
    if (result !== undefined) await writeResult(bench, result);
  }
  return 0;
}

function describeVersions({ versions }: RunResult): string {
  return Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
}

/** Whether all scripts of the bench are run. */
function isWhole({ name, files }: Bench): boolean {
  return BENCHES.find((bench) => bench.name === name)!.files.length === files.length;
}

Deno.exitCode = await main(Deno.args);
