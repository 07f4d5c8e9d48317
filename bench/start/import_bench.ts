/**
 * What it takes to import what an application needs: packages alone, this library, and on Node the
 * frameworks on NATS; then each entry point beyond the packages and the entry points below it.
 *
 * `import_bench.ts [--check] [--only=application,entries] [--rounds=7]`
 *
 * Each turn is a process of its own. With `--check` it ends with status 3 if a budget is missed.
 *
 * @module
 */
import { mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { ROOT } from "../../tests/_support/root.ts";
import { listFiles, readSource } from "../../tests/_support/source_files.ts";
import { contest } from "../frame/contest.ts";
import type { CaseResult, ContestantResult } from "../frame/model.ts";
import { parseOptions } from "../frame/options.ts";
import { report, runtime, statusOf, warnIfBusy } from "../frame/report.ts";
import { installRivals } from "../frame/rivals.ts";
import { packagesOf, stripTypes } from "./_import_graph.ts";
import { bundleProgram, starting, writeProgram } from "./_programs.ts";

const RUNTIME = runtime();
/** Most milliseconds that an entry point may take beyond its packages and what is below, on Deno. */
const BUDGET_MS = 15;
/** Tools for development, and generated code, which is part of others. */
const LEFT_OUT = /^\.\/(?:dev|init|protobuf\/.*)$/;
const PACKAGES = "packages alone";
const BELOW_NAME = "packages and what is below";
const BEYOND = "beyond those";
const RAW = "raw packages";

/** What an application imports that does without this library. */
const RAW_PACKAGES = [
  "@nats-io/transport-node",
  "@nats-io/jetstream",
  "@nats-io/kv",
  "@bufbuild/protobuf",
  "hono",
];
/** The same with it. */
const OURS = ["mod.ts", "src/hono/mod.ts", "src/transport/node.ts"];
/** What the frameworks' own guides import; the client of NATS they load when they connect. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  "NestJS": [
    "reflect-metadata",
    "@nestjs/common",
    "@nestjs/core",
    "@nestjs/microservices",
    "rxjs",
    "@nats-io/transport-node",
  ],
  "Moleculer": ["moleculer", "nats"],
};

const root = fileURLToPath(ROOT).replace(/[/\\]$/, "");
const folder = `${root}/.build/import-${process.pid}`;

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
  "./component/permissions": [...MODULES, "component"],
  "./hono": [...MODULES, "component"],
  "./hono/openapi": [...MODULES, "component"],
};

const PARTS: Record<string, (rounds: number) => Promise<CaseResult[]>> = {
  application: async (rounds) => [await measureApplication(rounds)],
  entries: measureEntries,
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(PARTS));
  warnIfBusy();
  await mkdir(folder, { recursive: true });
  try {
    if (RUNTIME === "node") await stripTypes(await sources(), root, folder);
    const cases: CaseResult[] = [];
    for (const part of options.only) cases.push(...await PARTS[part]!(options.rounds));
    return statusOf(options.isChecked, report("Import time", cases));
  } finally {
    await rm(folder, { recursive: true });
    await esbuild.stop();
  }
}

async function sources(): Promise<string[]> {
  return ["mod.ts", ...await listFiles("src/")].filter((path) => path.endsWith(".ts"));
}

/** All that an application needs for NATS, JetStream, buckets, protobuf and HTTP. */
async function measureApplication(rounds: number): Promise<CaseResult> {
  console.error("measuring an application");
  const raw = await writeProgram(`${folder}/raw.mjs`, RAW_PACKAGES);
  const ours = await writeProgram(`${folder}/ours.mjs`, OURS.map(specifierOf));
  const contestants = [
    starting("nothing", await writeProgram(`${folder}/nothing.mjs`, [])),
    starting(RAW, raw),
    starting(`${RAW}, one file`, await bundleProgram(raw, root)),
    starting("shizuku", ours, true),
    starting("shizuku, one file", await bundleProgram(ours, root), true),
    ...RUNTIME === "node" ? await startingRivals() : [],
  ];
  return await contest("what an application imports", contestants, {
    rounds,
    baseline: RAW,
    note: "NestJS and Moleculer are imported without anything for protobuf or HTTP.",
  });
}

/** The frameworks on NATS, which exist for Node only. */
async function startingRivals(): Promise<ReturnType<typeof starting>[]> {
  const { resolve } = createRequire(`${await installRivals("services")}/package.json`);
  return await Promise.all(
    Object.entries(RIVALS).map(async ([name, packages]) => {
      const urls = packages.map((each) => pathToFileURL(resolve(each)).href);
      return starting(name, await writeProgram(`${folder}/${name}.mjs`, urls));
    }),
  );
}

async function measureEntries(rounds: number): Promise<CaseResult[]> {
  const { exports } = JSON.parse(await readSource("deno.json")) as {
    exports: Record<string, string>;
  };
  const cases: CaseResult[] = [];
  for (const [name, path] of Object.entries(exports)) {
    if (LEFT_OUT.test(name)) continue;
    console.error(`measuring ${name}`);
    cases.push(await measureEntry(name, path.slice(2), rounds));
  }
  return cases;
}

async function measureEntry(name: string, path: string, rounds: number): Promise<CaseResult> {
  const file = `${folder}/${name.replaceAll(/\W/g, "_")}`;
  const packages = await packagesOf(path, root);
  const below = BELOW[name]?.map((folder) => specifierOf(`src/${folder}/mod.ts`));
  const entry = await writeProgram(`${file}.mjs`, [specifierOf(path)]);
  const contestants = [
    starting(PACKAGES, await writeProgram(`${file}_packages.mjs`, packages)),
    ...below === undefined ? [] : [
      starting(BELOW_NAME, await writeProgram(`${file}_below.mjs`, [...packages, ...below])),
    ],
    starting("entry point", entry, true),
  ];
  const result = await contest(`import of ${name}`, contestants, { rounds, baseline: PACKAGES });
  const budgets = [{ contestant: BEYOND, figure: "ms", to: null, atMost: BUDGET_MS } as const];
  return {
    ...result,
    contestants: [...result.contestants, beyond(result.contestants)],
    ...RUNTIME === "deno" ? { budgets } : {},
  };
}

/** By how much the last one takes longer than the one before it. */
function beyond(contestants: readonly ContestantResult[]): ContestantResult {
  const [below, entry] = contestants.slice(-2).map(({ figures }) => figures.ms!);
  return { name: BEYOND, figures: { ms: entry!.map((ms, round) => ms - below![round]!) } };
}

/** How a program of the folder names a source. */
function specifierOf(path: string): string {
  return RUNTIME === "node" ? `./${path.replace(/\.ts$/, ".mjs")}` : `../../${path}`;
}
