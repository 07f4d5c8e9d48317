import { dirname } from "node:path";
import { filesBelow } from "./_files.ts";
import { installPinned } from "./_pinned_packages.ts";
import { mustRun, ROOT } from "./_run.ts";

/** The folder of the finished package. */
export const NPM_PACKAGE: string = `${ROOT}/.build/npm`;
/** The `package.json` of what builds and checks it. */
export const NPM_TOOLS = "tools/npm/package.json";

/** Entry points that npm does not get: one writes applications for Deno. */
const LEFT_OUT = new Set(["./init"]);
/** What a user installs only for the entry points that need it. */
const OPTIONAL_PEERS = new Set(["hono"]);
const DOCUMENTS = ["README.md", "LICENSE", "CHANGELOG.md"];
/** What the `.proto` files of users import. */
const CONTRACTS = ["proto", "third_party"];

/** What deno.json says of the package. */
interface Project {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** What was built. */
export interface BuiltPackage {
  readonly version: string;
  /** How many entry points it has. */
  readonly entries: number;
}

/**
 * Compiles the sources with TypeScript and writes a `package.json` beside them.
 *
 * @throws {Error} If TypeScript finds an error, or a module imports a package that deno.json does
 * not name.
 */
export async function buildNpmPackage(): Promise<BuiltPackage> {
  const project = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`)) as Project;
  const entries = Object.entries(project.exports).filter(([name]) => !LEFT_OUT.has(name));
  await Deno.remove(NPM_PACKAGE, { recursive: true }).catch(() => undefined);
  await compile(entries.map(([, path]) => path));
  const packages = await importedPackages();
  const manifest = manifestOf(project, Object.fromEntries(entries), packages);
  await Deno.writeTextFile(
    `${NPM_PACKAGE}/package.json`,
    `${JSON.stringify(manifest, undefined, 2)}\n`,
  );
  await copyFiles([...DOCUMENTS, ...await filesBelow(CONTRACTS)], NPM_PACKAGE);
  return { version: project.version, entries: entries.length };
}

/** Compiles in a copy of the sources, since TypeScript asks the nearest package.json for the kind. */
async function compile(files: string[]): Promise<void> {
  const tools = await installPinned(NPM_TOOLS);
  const source = `${ROOT}/.build/npm-source`;
  await Deno.remove(source, { recursive: true }).catch(() => undefined);
  await copyFiles(["mod.ts", ...await filesBelow(["src"])], source);
  await Deno.writeTextFile(`${source}/package.json`, '{ "type": "module" }');
  const config = { compilerOptions: compilerOptions(tools), files };
  await Deno.writeTextFile(`${source}/tsconfig.json`, JSON.stringify(config));
  await mustRun([`${tools}/node_modules/.bin/tsc`, "-p", source]);
  await Deno.remove(source, { recursive: true });
}

async function copyFiles(files: string[], into: string): Promise<void> {
  for (const file of files) {
    await Deno.mkdir(dirname(`${into}/${file}`), { recursive: true });
    await Deno.copyFile(`${ROOT}/${file}`, `${into}/${file}`);
  }
}

function compilerOptions(tools: string): Record<string, unknown> {
  return {
    target: "es2022",
    lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
    module: "nodenext",
    strict: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    verbatimModuleSyntax: true,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    rootDir: ".",
    outDir: NPM_PACKAGE,
    types: ["node"],
    typeRoots: [`${tools}/node_modules/@types`],
    skipLibCheck: true,
  };
}

/** Names of the packages that the compiled modules and their declarations import. */
async function importedPackages(): Promise<string[]> {
  const names = new Set<string>();
  for (const file of await filesBelow(["."], NPM_PACKAGE)) {
    const text = await Deno.readTextFile(`${NPM_PACKAGE}/${file}`);
    for (const name of packagesIn(text)) names.add(name);
  }
  return [...names].sort();
}

/** Names of the packages that a module imports; neither its own files nor Node's modules. */
export function packagesIn(source: string): string[] {
  // A line of a comment begins with an asterisk, so that examples do not count.
  const imports = source.matchAll(
    /^(?!\s*\*).*?(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"'.][^"']*)["']/gm,
  );
  const names = [...imports].map(([, specifier = ""]) =>
    specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
  );
  return [...new Set(names)].filter((name) => !name.startsWith("node:")).sort();
}

/** Makes the `package.json` of the package. */
export function manifestOf(
  { name, version, license, imports }: Project,
  entries: Readonly<Record<string, string>>,
  packages: readonly string[],
): Record<string, unknown> {
  const ranges = packages.map((name): [string, string] => [name, rangeOf(imports, name)]);
  const peers = ranges.filter(([name]) => OPTIONAL_PEERS.has(name));
  return {
    name,
    version,
    description:
      "Components over NATS: events, hooks, RPC and shared parts, for Deno, Bun, Node and the edge",
    keywords: [
      "nats",
      "jetstream",
      "rpc",
      "events",
      "microservices",
      "protobuf",
      "connect",
      "locks",
    ],
    license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    exports: {
      ...Object.fromEntries(
        Object.entries(entries).map(([entry, path]) => [entry, conditionsOf(path)]),
      ),
      "./package.json": "./package.json",
    },
    dependencies: Object.fromEntries(ranges.filter(([name]) => !OPTIONAL_PEERS.has(name))),
    peerDependencies: Object.fromEntries(peers),
    peerDependenciesMeta: Object.fromEntries(peers.map(([name]) => [name, { optional: true }])),
  };
}

function conditionsOf(path: string): Record<string, string> {
  const stem = path.replace(/\.ts$/, "");
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}

function rangeOf(imports: Project["imports"], name: string): string {
  const range = imports[name]?.match(/^npm:.+@([^@]+)$/)?.[1];
  if (range !== undefined) return range;
  throw new Error(`Cannot name the version of ${name}: deno.json imports no such package from npm`);
}
