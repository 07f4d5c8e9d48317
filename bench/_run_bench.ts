import { bundleForNode } from "../tools/_bundle.ts";
import { run } from "../tools/_run.ts";
import type { FoundRuntime } from "../tools/_runtimes.ts";
import type { Bench } from "./frame/benches.ts";
import type { CaseResult, RunResult } from "./frame/model.ts";
import { BUDGET_MISSED, OUTPUT_VARIABLE } from "./frame/report.ts";
import { argumentsOf, type Asked, flagsOf, limitMs, turnsOf } from "./frame/schedule.ts";
import { machine, versionsOf } from "./_surroundings.ts";

/** How benches are run. */
export interface RunBenchOptions extends Asked {
  /** Whether a missed budget fails it. */
  readonly isChecked: boolean;
  /** Path of the nats-server. */
  readonly natsServer: string;
}

/** What a run of a bench has come to. */
export interface BenchRun {
  readonly run: RunResult;
  /** Scripts that did not come to their end. */
  readonly failed: readonly string[];
  /** Scripts that missed a budget, where that counts. */
  readonly missed: readonly string[];
}

/**
 * Runs a bench on a runtime, script by script, so that they do not disturb each other. When its time
 * is over, the script that runs is ended, and everybody whom it has started ends with it.
 */
export async function runBench(
  bench: Bench,
  runtime: FoundRuntime,
  options: RunBenchOptions,
): Promise<BenchRun> {
  const files = await existing(bench.files);
  await using bundles = runtime.name === "node" ? await bundleForNode(files) : undefined;
  const args = [
    ...argumentsOf(turnsOf(bench, options)),
    ...options.isChecked ? ["--check"] : [],
  ];
  const [load = 0] = Deno.loadavg();
  const startedAt = performance.now();
  const endsAt = startedAt + limitMs(bench, options);
  const cases: CaseResult[] = [];
  const failed: string[] = [];
  const missed: string[] = [];
  for (const file of files) {
    console.log(`\n=== ${bench.name}: ${file} on ${runtime.name} ${runtime.version} ===`);
    const env = {
      NATS_SERVER: options.natsServer,
      ...bundles ? { SHIZUKU_NODE_BUNDLES: bundles.folder } : {},
    };
    const command = commandFor(runtime, bundles?.pathOf(file) ?? file, args);
    const timeoutMs = Math.max(1, endsAt - performance.now());
    const { code, handedOver } = await runScript(command, env, timeoutMs);
    cases.push(...handedOver);
    if (code === BUDGET_MISSED) missed.push(file);
    else if (code !== 0) failed.push(file);
  }
  return {
    failed,
    missed,
    run: {
      runtime: runtime.name,
      versions: { [runtime.name]: runtime.version, ...await versionsOf(bench, runtime, options) },
      machine: await machine(),
      date: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
      command: commandOf(bench, runtime, options),
      load,
      tookSeconds: Math.round((performance.now() - startedAt) / 1_000),
      isQuick: options.isQuick,
      cases,
    },
  };
}

async function existing(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map((file) => Deno.stat(file).then(() => [file], () => [])),
  );
  return found.flat();
}

/** What somebody types who wants to see it again. */
function commandOf({ name }: Bench, runtime: FoundRuntime, options: RunBenchOptions): string {
  const quick = options.isQuick ? ["--quick"] : [];
  const words = ["deno task bench", name, `--runtime=${runtime.name}`, ...quick];
  return [...words, ...flagsOf(options)].join(" ");
}

function commandFor({ name, program }: FoundRuntime, path: string, args: string[]): string[] {
  const run = name === "deno" ? [program, "run", "-A", "--no-check", path] : [program, path];
  return [...run, ...args];
}

/** Runs one script; its cases come through a file. */
async function runScript(
  command: string[],
  env: Record<string, string>,
  timeoutMs: number,
): Promise<{ code: number; handedOver: CaseResult[] }> {
  const output = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const { code } = await run(command, { env: { ...env, [OUTPUT_VARIABLE]: output }, timeoutMs });
    const lines = (await Deno.readTextFile(output)).split("\n").filter((line) => line !== "");
    return { code, handedOver: lines.flatMap((line) => JSON.parse(line)) };
  } finally {
    await Deno.remove(output);
  }
}
