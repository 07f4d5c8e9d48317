/**
 * What it costs to import an entry point, beyond what its dependencies cost: the packages that it
 * uses, and the entry points that it builds on.
 *
 * Each sample is a process of its own; the programs take turns.
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
import { median } from "../frame/statistics.ts";
import { packagesOf, stripTypes } from "./_import_graph.ts";

/** Most milliseconds that an entry point may take beyond its packages, on Deno. */
const BUDGET_MS = 15;
const ROUNDS = 7;
/** Tools for development, and generated code, which is part of others. */
const LEFT_OUT = /^\.\/(?:dev|init|protobuf\/.*)$/;

const root = fileURLToPath(ROOT).replace(/[/\\]$/, "");
const folder = `${root}/.build/import-${process.pid}`;
const runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";

/** Folders that an entry point builds on, if any: its dependencies beside the packages. */
const CONNECTION = ["core", "protobuf", "connection"];
const MODULES = [...CONNECTION, "services", "consumers", "kv"];
const BELOW: Readonly<Record<string, readonly string[]>> = {
  ".": [...MODULES, "component"],
  "./services": CONNECTION,
  "./consumers": CONNECTION,
  "./kv": CONNECTION,
  "./kv/encrypted": CONNECTION,
  "./component": MODULES,
  "./hono": [...MODULES, "component"],
};

/** One program to be started, and what its starts took. */
interface Program {
  readonly file: string;
  readonly ms: number[];
}

/** An entry point, its packages alone, and these with the entry points below it. */
interface Case {
  readonly name: string;
  readonly programs: readonly [entry: Program, packages: Program, below: Program];
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
  const packages = await packagesOf(path, root);
  const below = (BELOW[name] ?? []).map((folder) => moduleUrl(`src/${folder}/mod.ts`));
  const programs = [
    await writeProgram(`${file}.mjs`, [moduleUrl(path)]),
    await writeProgram(`${file}_packages.mjs`, packages),
    await writeProgram(`${file}_below.mjs`, [...packages, ...below]),
  ] as const;
  return { name, programs };
}

/** Where this runtime finds a source. */
function moduleUrl(path: string): string {
  const file = runtime === "Node"
    ? `${folder}/${path.replace(/\.ts$/, ".mjs")}`
    : `${root}/${path}`;
  return pathToFileURL(file).href;
}

/** A program whose clock starts with its process, so that it counts the whole of the loading. */
async function writeProgram(file: string, specifiers: readonly string[]): Promise<Program> {
  const imports = specifiers.map((specifier) => `import "${specifier}";\n`).join("");
  await writeFile(file, `${imports}console.log(performance.now());\nprocess.exit();\n`);
  return { file, ms: [] };
}

/** The first round fills the caches and does not count. */
async function measure(cases: readonly Case[], round: number): Promise<void> {
  for (const { programs } of cases) {
    for (const { file, ms } of round % 2 === 0 ? programs : programs.toReversed()) {
      const took = await sample(file);
      if (round >= 0) ms.push(took);
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
  const titles = ["entry point", "packages alone", "beyond them", "beyond what is below"];
  console.log(`${"".padEnd(width)}  ${titles.join("   ")}`);
  let missed = false;
  for (const { name, programs } of cases) {
    const [whole, packages, below] = programs.map(({ ms }) => median(ms)) as [
      number,
      number,
      number,
    ];
    const over = whole - below > BUDGET_MS;
    missed ||= over;
    const cells = [whole, packages, whole - packages, whole - below];
    const text = cells.map((ms, index) => ms.toFixed(1).padStart(titles[index]!.length)).join(
      "   ",
    );
    console.log(`${name.padEnd(width)}  ${text}${over ? `  more than ${BUDGET_MS}` : ""}`);
  }
  handOver(cases.map(({ name, programs: [entry, packages, below] }) => ({
    name: `import of ${name}`,
    baseline: "packages alone",
    contestants: [
      { name: "packages alone", figures: { ms: packages.ms } },
      { name: "packages and what is below", figures: { ms: below.ms } },
      { name: "entry point", isOurs: true, figures: { ms: entry.ms } },
    ],
  })));
  return missed;
}

process.exitCode = await main();
