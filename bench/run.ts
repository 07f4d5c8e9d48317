/**
 * Runs the benchmarks, each file in a process of its own.
 *
 * `run.ts [--runtime=deno,bun,node] [--check] [FILTER…]`, where a filter is a part of a file's path;
 * without a runtime on Deno alone. With `--check`, a budget that is missed fails the run.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { bundleForNode } from "../tools/_bundle.ts";
import { filesBelow, filterFiles } from "../tools/_files.ts";
import { run } from "../tools/_run.ts";
import { findRuntime, type FoundRuntime, parseRuntimes } from "../tools/_runtimes.ts";
import { findNatsServer, installPackages } from "../tools/_setup.ts";

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runtime: { type: "string", default: "deno" },
      check: { type: "boolean", default: false },
    },
  });
  const files = filterFiles(
    (await filesBelow(["bench"])).filter((file) => file.endsWith("_bench.ts")),
    positionals,
  );
  if (files.length === 0) throw new Error("Cannot measure: no file matches bench/**/*_bench.ts");

  await installPackages();
  const env = { NATS_SERVER: await findNatsServer() };
  const runtimes = await Promise.all(parseRuntimes(values.runtime).map(findRuntime));
  let failures = 0;
  const options = values.check ? ["--check"] : [];
  for (const runtime of runtimes) failures += await runAll(runtime, files, options, env);
  return failures === 0 ? 0 : 1;
}

/** Runs the files one after the other, so that they do not disturb each other. */
async function runAll(
  runtime: FoundRuntime,
  files: string[],
  options: string[],
  env: Record<string, string>,
): Promise<number> {
  await using bundles = runtime.name === "node" ? await bundleForNode(files) : undefined;
  let failures = 0;
  for (const file of files) {
    console.log(`\n=== ${file} on ${runtime.name} ${runtime.version} ===`);
    const command = [...commandFor(runtime, bundles?.pathOf(file) ?? file), ...options];
    const variables = bundles ? { ...env, SHIZUKU_NODE_BUNDLES: bundles.folder } : env;
    if (!(await run(command, { env: variables })).success) failures++;
  }
  return failures;
}

function commandFor({ name, program }: FoundRuntime, path: string): string[] {
  return name === "deno" ? [program, "run", "-A", "--no-check", path] : [program, path];
}

Deno.exitCode = await main(Deno.args);
