import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";
import * as esbuild from "esbuild";
import type { Contestant } from "../frame/contest.ts";
import type { Sample } from "../frame/model.ts";
import { runtime } from "../frame/report.ts";

const start = promisify(execFile);

/** What a program prints when all that it imports is loaded. */
const FIGURES = "performance.now(), process.cpuUsage(), process.memoryUsage().rss";

/**
 * Writes a program that imports modules and tells what that took. Its clock starts with its process,
 * so that it counts the whole of the loading.
 */
export async function writeProgram(file: string, specifiers: readonly string[]): Promise<string> {
  const names = specifiers.map((_, index) => `m${index}`);
  const imports = specifiers.map((specifier, index) =>
    `import * as ${names[index]} from ${JSON.stringify(specifier)};\n`
  );
  const lines = [
    ...imports,
    // Held, so that no bundler finds that nothing is used.
    `globalThis.kept = [${names}];\n`,
    `console.log(JSON.stringify([${FIGURES}]));\n`,
    "process.exit();\n",
  ];
  await writeFile(file, lines.join(""));
  return file;
}

/** Puts a program and all that it imports into one file, minified. */
export async function bundleProgram(file: string, folder: string): Promise<string> {
  const outfile = file.replace(/\.mjs$/, "_bundle.mjs");
  await esbuild.build({
    entryPoints: [file],
    absWorkingDir: folder,
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "esnext",
    // The NATS client is written for `require`.
    banner: {
      js:
        'import { createRequire } from "node:module";const require=createRequire(import.meta.url);',
    },
  });
  return outfile;
}

/** Somebody whose turn is the start of a program. */
export function starting(name: string, file: string, isOurs: boolean = false): Contestant {
  return { name, isOurs, turn: () => startProgram(file) };
}

/**
 * With packages in Deno's own cache, as who imports from JSR has them: beside a `node_modules`, Deno
 * takes a file lock for each package that it meets behind a dynamic import, some 5 ms each.
 */
const DENO_FLAGS = ["run", "-A", "--no-check", "--quiet", "--node-modules-dir=none", "--no-lock"];

async function startProgram(file: string): Promise<Sample> {
  const flags = runtime() === "deno" ? DENO_FLAGS : [];
  const { stdout } = await start(process.execPath, [...flags, file], { timeout: 30_000 });
  const [ms, { user, system }, rss] = JSON.parse(stdout) as [number, NodeJS.CpuUsage, number];
  return { ms, clientMicros: user + system, memoryMiB: rss / 1_048_576 };
}
