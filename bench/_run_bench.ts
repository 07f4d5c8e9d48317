import { bundleForNode } from "../tools/_bundle.ts";
import { run } from "../tools/_run.ts";
import type { FoundRuntime } from "../tools/_runtimes.ts";
import type { Bench } from "./frame/benches.ts";
import type { CaseResult, RunResult } from "./frame/model.ts";
import { OUTPUT_VARIABLE } from "./frame/report.ts";
import { machine, versionsOf } from "./_surroundings.ts";

/** How benches are run. */
export interface RunBenchOptions {
  readonly isQuick: boolean;
  /** Whether a missed budget fails it. */
  readonly isChecked: boolean;
  /** Further arguments for scripts that understand them. */
  readonly turns: readonly string[];
  /** Path of the nats-server. */
  readonly natsServer: string;
}

/** What a run of a bench has come to. */
export interface BenchRun {
  readonly run: RunResult;
  /** Scripts that failed. */
  readonly failed: readonly string[];
}

/** Runs a bench on a runtime, script by script, so that they do not disturb each other. */
export async function runBench(
  bench: Bench,
  runtime: FoundRuntime,
  options: RunBenchOptions,
): Promise<BenchRun> {
  const files = await existing(bench.files);
  await using bundles = runtime.name === "node" ? await bundleForNode(files) : undefined;
  const args = argumentsOf(bench, options);
  const [load = 0] = Deno.loadavg();
  const cases: CaseResult[] = [];
  const failed: string[] = [];
  for (const file of files) {
    console.log(`\n=== ${bench.name}: ${file} on ${runtime.name} ${runtime.version} ===`);
    const env = {
      NATS_SERVER: options.natsServer,
      ...bundles ? { SHIZUKU_NODE_BUNDLES: bundles.folder } : {},
    };
    const command = commandFor(runtime, bundles?.pathOf(file) ?? file, args);
    const { isOk, handedOver } = await runScript(command, env);
    cases.push(...handedOver);
    if (!isOk) failed.push(file);
  }
  return {
    failed,
    run: {
      runtime: runtime.name,
      versions: { [runtime.name]: runtime.version, ...await versionsOf(bench, runtime, options) },
      machine: await machine(),
      date: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
      command: ["deno task bench", bench.name, `--runtime=${runtime.name}`, ...flagsOf(options)]
        .join(" "),
      load,
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

function argumentsOf(bench: Bench, { isQuick, isChecked, turns }: RunBenchOptions): string[] {
  return [
    ...isQuick ? bench.quick : [],
    ...bench.hasTurns ? turns : [],
    ...isChecked ? ["--check"] : [],
  ];
}

function flagsOf({ isQuick, turns }: RunBenchOptions): string[] {
  return [...isQuick ? ["--quick"] : [], ...turns];
}

function commandFor({ name, program }: FoundRuntime, path: string, args: string[]): string[] {
  const run = name === "deno" ? [program, "run", "-A", "--no-check", path] : [program, path];
  return [...run, ...args];
}

/** Runs one script; its cases come through a file. */
async function runScript(
  command: string[],
  env: Record<string, string>,
): Promise<{ isOk: boolean; handedOver: CaseResult[] }> {
  const output = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const { success } = await run(command, { env: { ...env, [OUTPUT_VARIABLE]: output } });
    const lines = (await Deno.readTextFile(output)).split("\n").filter((line) => line !== "");
    return { isOk: success, handedOver: lines.flatMap((line) => JSON.parse(line)) };
  } finally {
    await Deno.remove(output);
  }
}
