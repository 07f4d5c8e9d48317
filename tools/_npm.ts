import { dirname } from "node:path";
import { filesBelow } from "./_files.ts";
import { capture, ROOT } from "./_run.ts";

/** Where the package is made. */
export const NPM_FOLDER: string = `${ROOT}/.build/npm`;

/** Makes JavaScript and declarations; no dependency of the project, which Deno checks. */
const TYPESCRIPT = "typescript@7.0.2";

/** It imports from JSR, which no package on npm can depend on. */
const LEFT_OUT = "./transport/deno";

/** Packages whose types or state users share with us, so that there must be one copy. */
const PEERS = ["@bufbuild/protobuf", "hono", "@nats-io/transport-node"];
/** Peers that only some entry points need. */
const OPTIONAL = ["hono", "@nats-io/transport-node"];

const COPIED = ["README.md", "LICENSE", "CHANGELOG.md"];
const COPIED_FOLDERS = ["proto", "third_party"];

/** What of `deno.json` is of interest here. */
interface Manifest {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
}

/** Builds the package for npm: ESM, declarations and what belongs beside them. */
export async function buildNpm(): Promise<Manifest> {
  const manifest: Manifest = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  await Deno.remove(NPM_FOLDER, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(NPM_FOLDER, { recursive: true });
  const entries = Object.entries(manifest.exports).filter(([name]) => name !== LEFT_OUT);
  await compile(entries.map(([, path]) => path));
  const packages = await packagesIn(NPM_FOLDER);
  await writeJson(`${NPM_FOLDER}/package.json`, packageJson(manifest, entries, packages));
  for (const path of [...COPIED, ...await filesBelow(COPIED_FOLDERS)]) await copy(path);
  return manifest;
}

async function compile(entries: string[]): Promise<void> {
  const config = `${ROOT}/.build/npm.tsconfig.json`;
  await writeJson(config, {
    compilerOptions: {
      target: "es2022",
      lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
      module: "esnext",
      moduleResolution: "bundler",
      rootDir: ROOT,
      outDir: NPM_FOLDER,
      declaration: true,
      isolatedDeclarations: true,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
      // Deno has checked the types, and knows the globals of every runtime.
      noCheck: true,
      types: [],
    },
    files: entries.map((path) => `${ROOT}/${path}`),
  });
  const command = ["npx", "-y", `--package=${TYPESCRIPT}`, "tsc", "-p", config];
  const { success, output } = await capture(command);
  if (!success) throw new Error(`Cannot compile the package:\n${output}`);
  await rewriteDeclarations();
}

const RELATIVE = /(\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]*)\.ts"/g;

/** Declarations keep the names of the sources, which are not in the package. */
async function rewriteDeclarations(): Promise<void> {
  const files = [...await filesBelow(["src"], NPM_FOLDER), "mod.d.ts"];
  for (const path of files.filter((path) => path.endsWith(".d.ts"))) {
    const text = await Deno.readTextFile(`${NPM_FOLDER}/${path}`);
    await Deno.writeTextFile(`${NPM_FOLDER}/${path}`, text.replaceAll(RELATIVE, '$1"$2.js"'));
  }
}

function packageJson(
  { name, version, license, imports }: Manifest,
  entries: [name: string, path: string][],
  packages: string[],
): object {
  const ranges = packages.map((name) => [name, rangeOf(name, imports)] as const);
  const isPeer = ([name]: readonly [string, string]) => PEERS.includes(name);
  return {
    name,
    version,
    description: "Components over NATS, for Deno, Bun, Node and the edge.",
    keywords: ["nats", "jetstream", "rpc", "events", "protobuf", "connect", "components"],
    license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=20.5" },
    exports: {
      ...Object.fromEntries(entries.map(([name, path]) => {
        const file = path.replace(/\.ts$/, "");
        return [name, { types: `${file}.d.ts`, default: `${file}.js` }];
      })),
      "./package.json": "./package.json",
    },
    dependencies: Object.fromEntries(ranges.filter((range) => !isPeer(range))),
    peerDependencies: Object.fromEntries(ranges.filter(isPeer)),
    peerDependenciesMeta: Object.fromEntries(OPTIONAL.map((name) => [name, { optional: true }])),
  };
}

/** The range in `npm:hono@^4.13.0`. */
function rangeOf(name: string, imports: Record<string, string>): string {
  const range = imports[name]?.match(/^npm:.+@(.+)$/)?.[1];
  if (range === undefined) throw new Error(`Cannot depend on ${name}: deno.json has no npm range`);
  return range;
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)"([^".][^"]*)"/g;
const COMMENT = /^\s*(?:\*|\/\*|\/\/)/;

/** The packages that JavaScript and declarations import, sorted. */
async function packagesIn(folder: string): Promise<string[]> {
  const found = new Set<string>();
  for (const path of await filesBelow(["src"], folder)) {
    for (const line of (await Deno.readTextFile(`${folder}/${path}`)).split("\n")) {
      if (COMMENT.test(line)) continue;
      for (const [, specifier = ""] of line.matchAll(IMPORT)) {
        if (!specifier.startsWith("node:")) found.add(packageOf(specifier));
      }
    }
  }
  return [...found].sort();
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

async function copy(path: string): Promise<void> {
  await Deno.mkdir(dirname(`${NPM_FOLDER}/${path}`), { recursive: true });
  await Deno.copyFile(`${ROOT}/${path}`, `${NPM_FOLDER}/${path}`);
}

async function writeJson(path: string, value: object): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
