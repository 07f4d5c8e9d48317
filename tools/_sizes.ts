import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

/** A kilobyte, as the budgets count it. */
export const KB = 1024;

/** What is measured, and what it may weigh. */
export interface SizeBudget {
  /** Name in the table. */
  readonly name: string;
  /** What a user would write, with imports such as `./src/core/mod.ts`. */
  readonly code: string;
  /** Folders of `src` whose code is there already, so that it does not count. */
  readonly below: readonly string[];
  /** What the size should be, in bytes. */
  readonly goal?: number;
  /** What the size must not exceed, in bytes. */
  readonly limit: number;
}

/** Bytes of what is measured, minified and gzipped. */
export interface Size {
  /** What it adds to the folders below it, at once. */
  readonly added: number;
  /** What it adds later, when a feature is used for the first time. */
  readonly later: number;
  /** All of it, with what is below it, but without packages. */
  readonly whole: number;
  /** All of it, with every package. */
  readonly withPackages: number;
}

/** Bytes of a bundle, gzipped. */
interface Bundle {
  /** What is loaded to begin with. */
  readonly atOnce: number;
  /** What a dynamic import loads. */
  readonly later: number;
}

const CONNECTION = ["core", "protobuf", "connection"];
const BELOW_COMPONENT = [...CONNECTION, "services", "consumers", "kv"];
const BELOW_HONO = [...BELOW_COMPONENT, "component"];

/** All of some folders, each under its name. */
const all = (...folders: string[]): string =>
  folders.map((folder) => `export * as ${folder} from "./src/${folder}/mod.ts";`).join("\n");
const some = (folder: string, names: string): string =>
  `export { ${names} } from "./src/${folder}/mod.ts";`;

function entryPoint(
  name: string,
  below: readonly string[],
  goal: number,
  limit = goal,
): SizeBudget {
  return { name, code: `export * from "./src/${name}/mod.ts";`, below, goal, limit };
}

function file(name: string, below: readonly string[], limit: number): SizeBudget {
  return { name, code: `export * from "./src/${name}.ts";`, below, limit };
}

function imports(folder: string, names: string, goal: number, limit = goal): SizeBudget {
  const below = folder === "hono" ? BELOW_HONO : CONNECTION;
  return { name: names, code: some(folder, names), below, goal, limit };
}

/**
 * What the entry points may weigh as a whole, each without what the ones below it bring.
 *
 * What answers at once cannot be loaded later; where not every user needs it, it is an entry point of
 * its own, as permissions and the OpenAPI document are.
 */
export const ENTRY_POINTS: readonly SizeBudget[] = [
  entryPoint("core", [], 6 * KB),
  entryPoint("services", CONNECTION, 5 * KB, 4.7 * KB),
  entryPoint("consumers", CONNECTION, 6 * KB),
  entryPoint("kv", CONNECTION, 9 * KB),
  entryPoint("component", BELOW_COMPONENT, 5 * KB),
  file("component/permissions", BELOW_HONO, 2 * KB),
  entryPoint("hono", BELOW_HONO, 6 * KB),
  file("hono/openapi", [...BELOW_HONO, "hono"], 3.1 * KB),
];

/** What an application imports as a rule, without what the entry points below bring. */
export const IMPORTS: readonly SizeBudget[] = [
  imports("services", "createClient, natsTransport", 5 * KB, 2.6 * KB),
  imports("services", "serve", 5 * KB, 2.4 * KB),
  imports("consumers", "defineEvent, createPublisher", 6 * KB, 4.4 * KB),
  imports("consumers", "defineHook, createConsumer", 6 * KB, 2.4 * KB),
  imports("kv", "openBucket, entity", 5 * KB),
  imports("kv", "openBucket, entity, createMutex", 9 * KB, 6.5 * KB),
  imports("hono", "rpc, health", 6 * KB, 4.4 * KB),
];

/**
 * Measures a budget's code.
 *
 * What it adds is the difference between two bundles: all that the folders below export, and the
 * same with the code. So a helper that the folders below bring anyway counts nothing.
 *
 * @param root Folder of the project.
 */
export async function measureSize({ code, below }: SizeBudget, root: string): Promise<Size> {
  const base = all(...below);
  const [before, after, alone, withPackages] = await Promise.all([
    bundle(base, root),
    bundle(`${base}\n${code}`, root),
    bundle(code, root),
    bundle(code, root, true),
  ]);
  return {
    added: after.atOnce - before.atOnce,
    later: after.later - before.later,
    whole: alone.atOnce + alone.later,
    withPackages: withPackages.atOnce + withPackages.later,
  };
}

/** Says of our own modules what the `package.json` on npm says: none has side effects. */
export const WITHOUT_SIDE_EFFECTS: esbuild.Plugin = {
  name: "without-side-effects",
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path),
      sideEffects: false,
    }));
  },
};

async function bundle(code: string, root: string, withPackages = false): Promise<Bundle> {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: { contents: code, resolveDir: root, sourcefile: "stdin.ts", loader: "ts" },
    absWorkingDir: root,
    outdir: "out",
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "esnext",
    write: false,
    metafile: true,
    plugins: [WITHOUT_SIDE_EFFECTS],
    ...(withPackages ? { platform: "node" } : { packages: "external" }),
  });
  const atOnce = chunksOf(metafile, ["import-statement"]);
  const ever = chunksOf(metafile, ["import-statement", "dynamic-import"]);
  // Else it is what only code that was dropped would have loaded.
  const loaded = outputFiles.filter(({ path }) => ever.has(path.slice(root.length + 1)));
  const [first, later] = [true, false].map((isFirst) =>
    loaded.filter(({ path }) => atOnce.has(path.slice(root.length + 1)) === isFirst)
  );
  return { atOnce: gzipped(first!), later: gzipped(later!) };
}

/** The chunks that are loaded by some kinds of imports. */
function chunksOf({ outputs }: esbuild.Metafile, kinds: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind, external } of outputs[path]!.imports) {
      if (kinds.includes(kind) && !external) visit(next);
    }
  };
  visit(Object.keys(outputs).find((path) => outputs[path]!.entryPoint === "stdin.ts")!);
  return found;
}

function gzipped(files: readonly esbuild.OutputFile[]): number {
  if (files.length === 0) return 0;
  return gzipSync(files.map(({ text }) => text).join("\n"), { level: 9 }).length;
}

/** What was measured of a budget. */
export interface MeasuredBudget extends SizeBudget, Size {}

/** Measures budgets, one after the other. */
export async function measureSizes(
  budgets: readonly SizeBudget[],
  root: string,
): Promise<MeasuredBudget[]> {
  const measured: MeasuredBudget[] = [];
  for (const budget of budgets) measured.push({ ...budget, ...await measureSize(budget, root) });
  return measured;
}

const COLUMNS = ["adds", "goal", "limit", "later", "whole", "with packages"];

/** A table for people, in bytes. */
export function sizeTable(title: string, measured: readonly MeasuredBudget[]): string {
  const rows = measured.map(({ name, added, goal, limit, later, whole, withPackages }) => [
    name,
    ...[added, goal, limit, later, whole, withPackages].map((n) =>
      n === undefined ? "" : Math.round(n).toLocaleString("en")
    ),
  ]);
  const width = Math.max(
    ...[title, ...measured.map(({ name }) => name)].map(({ length }) => length),
  );
  return [[title, ...COLUMNS], ...rows].map(([name, ...cells]) =>
    [name!.padEnd(width), ...cells.map((cell) => cell.padStart(13))].join(" ")
  ).join("\n");
}
