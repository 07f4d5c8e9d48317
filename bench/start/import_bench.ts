/**
 * What it costs to import an entry point, beyond what the packages cost that it uses.
 *
 * Each sample is a process of its own; entry points and packages alone take turns.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs, promisify } from "node:util";
import * as esbuild from "esbuild";
import { ROOT } from "../../tests/_support/root.ts";
import { listFiles, readSource } from "../../tests/_support/source_files.ts";
import { handOver } from "../frame/report.ts";
import { packagesOf, stripTypes } from "./_import_graph.ts";

/** Most milliseconds that an entry point may take beyond its packages, on Deno. */
const BUDGET_MS = 15;
const ROUNDS = 11;
/** What one machine or runtime alone can import, and generated code, which is part of others. */
const LEFT_OUT = /^\.\/(?:transport\/deno|dev|protobuf\/.*)$/;

const root = fileURLToPath(ROOT).replace(/[/\\]$/, "");
const folder = `${root}/.build/import-${process.pid}`;
const runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";

/** An entry point, and its packages alone. */
interface Case {
  readonly name: string;
  readonly entry: string;
  readonly packages: string;
  readonly entryMs: number[];
  readonly packagesMs: number[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  await mkdir(folder, { recursive: true });
  try {
    const cases = await prepare();
    for (let round = -1; round < ROUNDS; round++) await measure(cases, round);
    const missed = report(cases);
    return values.check && runtime === "Deno" && missed ? 1 : 0;
  } finally {
    await rm(folder, { recursive: true });
    await esbuild.stop();
  }
}

async function prepare(): Promise<Case[]> {
  if (runtime === "Node") await stripTypes(await sources(), root, folder);
  const { exports } = JSON.parse(await readSource("deno.json")) as {
    exports: Record<string, string>;
  };
  const entries = Object.entries(exports).filter(([name]) => !LEFT_OUT.test(name));
  return await Promise.all(entries.map(([name, path]) => prepareCase(name, path.slice(2))));
}

async function sources(): Promise<string[]> {
  return ["mod.ts", ...await listFiles("src/")].filter((path) => path.endsWith(".ts"));
}

async function prepareCase(name: string, path: string): Promise<Case> {
  const file = `${folder}/${name.replaceAll(/\W/g, "_")}`;
  const base = runtime === "Node" ? folder : root;
  const entry = `${base}/${runtime === "Node" ? path.replace(/\.ts$/, ".mjs") : path}`;
  const packages = await packagesOf(path, root);
  await writeProgram(`${file}.mjs`, [pathToFileURL(entry).href]);
  await writeProgram(`${file}_packages.mjs`, packages);
  return {
    name,
    entry: `${file}.mjs`,
    packages: `${file}_packages.mjs`,
    entryMs: [],
    packagesMs: [],
  };
}

/** A program whose clock starts with its process, so that it counts the whole of the loading. */
async function writeProgram(file: string, specifiers: readonly string[]): Promise<void> {
  const imports = specifiers.map((specifier) => `import "${specifier}";\n`).join("");
  await writeFile(file, `${imports}console.log(performance.now());\nprocess.exit();\n`);
}

/** The first round fills the caches and does not count. */
async function measure(cases: readonly Case[], round: number): Promise<void> {
  for (const { entry, packages, entryMs, packagesMs } of cases) {
    const turns = [[entry, entryMs], [packages, packagesMs]] as const;
    for (const [path, samples] of round % 2 === 0 ? turns : turns.toReversed()) {
      const ms = await sample(path);
      if (round >= 0) samples.push(ms);
    }
  }
}

async function sample(path: string): Promise<number> {
  const args = [path];
  if (runtime === "Deno") args.unshift("run", "-A", "--no-check", "--quiet");
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

function report(cases: readonly Case[]): boolean {
  const width = Math.max(...cases.map(({ name }) => name.length));
  console.log(`\nstart and import on ${runtime}, milliseconds, medians of ${ROUNDS} processes`);
  console.log(`${"".padEnd(width)}  entry point   packages alone   beyond them`);
  let missed = false;
  for (const { name, entryMs, packagesMs } of cases) {
    const [whole, alone] = [median(entryMs), median(packagesMs)];
    const over = whole - alone > BUDGET_MS;
    missed ||= over;
    const cells = [[whole, 11], [alone, 14], [whole - alone, 11]] as const;
    const text = cells.map(([ms, width]) => ms.toFixed(1).padStart(width)).join("   ");
    console.log(`${name.padEnd(width)}  ${text}${over ? `  more than ${BUDGET_MS}` : ""}`);
  }
  handOver(cases.map(({ name, entryMs, packagesMs }) => ({
    name: `import of ${name}`,
    baseline: "packages alone",
    contestants: [
      { name: "packages alone", figures: { ms: packagesMs } },
      { name: "entry point", isOurs: true, figures: { ms: entryMs } },
    ],
  })));
  return missed;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((left, right) => left - right)[samples.length >> 1]!;
}

process.exitCode = await main();
