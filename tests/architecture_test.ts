import assert from "node:assert/strict";
import { test } from "node:test";
import { type Import, scanImports } from "./_support/imports.ts";
import { listFiles, readSource } from "./_support/source_files.ts";

/** What the modules of a folder may import, apart from each other. */
interface FolderRule {
  /** Folders they may know, through `mod.ts`. */
  folders: string[];
  /** Packages of which they may use values and types. */
  packages: string[];
  /** Packages of which they may use types only. */
  types?: string[];
  /** Whether they are no part of a whole: no `mod.ts`, each file an entry point, but `_name.ts`. */
  leaves?: boolean;
  /** Whether they are for the other folders only, and no entry point. */
  internal?: boolean;
  /** Files that are entry points of their own, as what they need is not for everybody. */
  entries?: string[];
}

const PROTOBUF = "@bufbuild/protobuf";
const NATS = "@nats-io/nats-core";
/** Packages that are made for libraries, silent until an application configures them. */
const TELEMETRY = ["@logtape/logtape", "@opentelemetry/api"];

/** Doors beside `mod.ts`, for who must not load all of a folder. */
const DOORS = new Set(["src/consumers/definitions.ts"]);

/** The architecture: `core <- connection <- services, consumers, kv <- component <- hono, dev`. */
const FOLDERS: Record<string, FolderRule> = {
  core: {
    folders: [],
    packages: [PROTOBUF, ...TELEMETRY],
    types: [NATS, "@standard-schema/spec"],
  },
  protobuf: { folders: ["core"], packages: [PROTOBUF] },
  connection: { folders: ["core"], packages: [NATS, ...TELEMETRY], internal: true },
  services: {
    folders: ["core", "protobuf", "connection"],
    packages: [NATS, PROTOBUF, ...TELEMETRY],
  },
  consumers: {
    folders: ["core", "protobuf", "connection"],
    packages: [NATS, "@nats-io/jetstream", PROTOBUF, ...TELEMETRY],
  },
  kv: {
    folders: ["core", "protobuf", "connection"],
    packages: [NATS, "@nats-io/jetstream", "@nats-io/kv", "@noble/ciphers", PROTOBUF, ...TELEMETRY],
    entries: ["encrypted"],
  },
  component: {
    folders: ["core", "protobuf", "connection", "services", "consumers", "kv"],
    packages: [PROTOBUF, ...TELEMETRY],
    types: [NATS],
    entries: ["permissions"],
  },
  hono: {
    folders: ["core", "protobuf", "connection", "services", "consumers", "kv", "component"],
    packages: ["hono", PROTOBUF, ...TELEMETRY],
    types: [NATS],
    entries: ["openapi"],
  },
  dev: {
    folders: ["core", "services", "consumers", "component"],
    packages: ["node:", NATS, "@nats-io/jetstream", "@nats-io/transport-node"],
  },
  init: { folders: [], packages: ["node:"] },
  transport: {
    folders: ["core", "connection"],
    packages: [NATS, "@nats-io/transport-node"],
    leaves: true,
  },
};

/** What the entry point `.` re-exports; never hono, dev or a transport. */
const RE_EXPORTED = ["core", "services", "consumers", "kv", "component"];

/** What no file of the project may say: it would hold on one machine or in one network only. */
const FORBIDDEN = {
  "a registry's host": /registry[.](?:npmjs|yarnpkg)|npm[.]jsr[.]io|jsr[.]io\/@|proxy[.]golang/,
  "an absolute path of one machine":
    /(?:^|file:\/\/|[\s"'`=(:,])\/(?:home|root|tmp|work|Users)\/|[A-Z]:\\Users\\/m,
};

/** Files in which people write nothing, or not their own words. */
const NOT_TEXT = /\.(?:png|jpg|gif|ico|woff2?|gz|zip|csv)$|^examples\/\w+\/data\/|\/gen\//;

test("src: imports follow the architecture", async () => {
  const files = await sourceFiles();
  const problems = await Promise.all(
    files.map(async (path) => checkImports(path, scanImports(await readSource(path)))),
  );
  assertNone(problems.flat());
});

test("src: every file has its place", async () => {
  assertNone(checkLayout(await listFiles("src/")));
});

test("src: the library writes to no console", async () => {
  const files = (await sourceFiles()).filter((path) => !/^src\/(?:dev|init)\//.test(path));
  const problems = files.map(async (path) => checkSilence(path, await readSource(path)));
  assertNone((await Promise.all(problems)).flat());
});

test("mod.ts: re-exports the folders for every application, and no other", async () => {
  assertNone(checkRootModule(await readSource("mod.ts")));
});

test("deno.json: exports mirror the tree", async () => {
  const { exports } = JSON.parse(await readSource("deno.json"));
  assertNone(checkExports(exports, await listFiles("src/")));
});

test("no file names a registry's host or a path of one machine", async () => {
  const files = (await listFiles("")).filter((path) => !NOT_TEXT.test(path));
  const problems = files.map(async (path) => checkText(path, await readSource(path)));
  assertNone((await Promise.all(problems)).flat());
});

test("scanImports() finds every kind of import, and none in a comment", () => {
  const source = [
    'import a, { type B } from "one";',
    'import type { C } from "two";',
    "export {",
    "  d, // a comment",
    '} from "./three.ts";',
    'export * as e from "four";',
    'export type { F } from "five";',
    'import "six";',
    ' * import { g } from "seven";',
    '// const h = await import("eight");',
    'const i = await import("nine");',
    'let j: typeof import("ten") = k as import("eleven").K;',
    'export const from = "twelve";',
  ].join("\n");
  assert.deepEqual(scanImports(source), [
    { specifier: "one", typeOnly: false, line: 1 },
    { specifier: "two", typeOnly: true, line: 2 },
    { specifier: "./three.ts", typeOnly: false, line: 3 },
    { specifier: "four", typeOnly: false, line: 6 },
    { specifier: "five", typeOnly: true, line: 7 },
    { specifier: "six", typeOnly: false, line: 8 },
    { specifier: "nine", typeOnly: false, line: 11 },
    { specifier: "ten", typeOnly: true, line: 12 },
    { specifier: "eleven", typeOnly: true, line: 12 },
  ]);
});

test("checkImports() refuses what the architecture does not allow", () => {
  const cases: [path: string, source: string, problem: RegExp | undefined][] = [
    ["src/core/a.ts", 'import { b } from "./_b.ts";', undefined],
    ["src/kv/a.ts", 'import { b } from "../core/mod.ts";', undefined],
    ["src/core/a.ts", 'import type { Msg } from "@nats-io/nats-core";', undefined],
    ["src/dev/a.ts", 'import { connect } from "node:net";', undefined],
    ["src/protobuf/mod.ts", 'export * from "./gen/shizuku/v1/options_pb.ts";', undefined],
    ["src/core/a.ts", 'import { Msg } from "@nats-io/nats-core";', /core may use only types of/],
    ["src/core/a.ts", 'import type { K } from "@nats-io/kv";', /core may not use @nats-io\/kv/],
    ["src/core/a.ts", 'import { b } from "../kv/mod.ts";', /core may not know kv/],
    ["src/core/a.ts", 'import type { B } from "../kv/mod.ts";', /core may not know kv/],
    ["src/kv/a.ts", 'import { b } from "../consumers/mod.ts";', /kv may not know consumers/],
    ["src/kv/a.ts", 'import { b } from "../core/subject.ts";', /through its mod\.ts/],
    ["src/kv/a.ts", 'import { b } from "../core/_names.ts";', /through its mod\.ts/],
    ["src/kv/a.ts", 'import { b } from "../../mod.ts";', /outside of src/],
    ["src/kv/a.ts", 'import { b } from "@shizuku/shizuku/core";', /own name/],
    ["src/kv/a.ts", 'import { b } from "node:net";', /kv may not use node:/],
    ["src/kv/a.ts", 'const b = await import("node:net");', /kv may not use node:/],
    ["src/component/a.ts", 'import { b } from "@nats-io/kv";', /component may not use/],
    ["src/dev/a.ts", 'import { b } from "../hono/mod.ts";', /dev may not know hono/],
    ["src/transport/a.ts", 'import { b } from "../kv/mod.ts";', /transport may not know kv/],
    ["src/hono/a.ts", 'import { b } from "../dev/mod.ts";', /hono may not know dev/],
    ["src/kv/a.ts", 'import { b } from "npm:left-pad@1";', /kv may not use npm:left-pad/],
  ];
  for (const [path, source, problem] of cases) {
    const problems = checkImports(path, scanImports(source));
    if (problem === undefined) assert.deepEqual(problems, [], source);
    else assert.match(problems.join("\n"), problem, source);
  }
});

test("checkLayout() refuses files outside of the layout", () => {
  const whole = Object.entries(FOLDERS).map(([folder, { leaves }]) =>
    leaves ? `src/${folder}/ws.ts` : `src/${folder}/mod.ts`
  );
  assert.deepEqual(checkLayout([...whole, "src/kv/_x.ts", "src/protobuf/gen/v1/a_pb.ts"]), []);
  assert.match(checkLayout([...whole, "src/util.ts"]).join(), /src\/util\.ts/);
  assert.match(checkLayout([...whole, "src/util/mod.ts"]).join(), /src\/util\/mod\.ts/);
  assert.match(checkLayout([...whole, "src/kv/deep/x.ts"]).join(), /src\/kv\/deep\/x\.ts/);
  assert.match(checkLayout([...whole, "src/kv/camelCase.ts"]).join(), /snake_case/);
  assert.match(checkLayout(whole.filter((path) => path !== "src/kv/mod.ts")).join(), /kv.*mod\.ts/);
});

test("checkSilence() refuses a console, but not in an example", () => {
  assert.deepEqual(checkSilence("src/kv/a.ts", " * console.log(entry);"), []);
  assert.match(checkSilence("src/kv/a.ts", "  console.log(entry);").join(), /src\/kv\/a\.ts:1/);
});

test("checkRootModule() refuses one folder less or more", () => {
  const source = RE_EXPORTED.map((folder) => `export * from "./src/${folder}/mod.ts";`);
  assert.deepEqual(checkRootModule(source.join("\n")), []);
  assert.match(checkRootModule(source.slice(1).join("\n")).join(), /lacks .*core/);
  const more = [...source, 'export * from "./src/dev/mod.ts";'];
  assert.match(checkRootModule(more.join("\n")).join(), /must not re-export .*dev/);
});

test("checkExports() refuses one entry point less or more", () => {
  const files = ["src/kv/mod.ts", "src/transport/ws.ts"];
  const exports = expectedExports(files);
  assert.equal(exports["./transport/ws"], "./src/transport/ws.ts");
  assert.deepEqual(checkExports(exports, files), []);
  assert.match(checkExports({ ...exports, "./kv": "./src/kv/x.ts" }, files).join(), /"\.\/kv"/);
  assert.match(checkExports({ ...exports, "./connection": "./x.ts" }, files).join(), /connection/);
});

test("checkText() refuses hosts of registries and paths of one machine", () => {
  const slash = "/";
  const bad = [
    `https:${slash}${slash}registry${"."}npmjs.org/hono`,
    `see https:${slash}${slash}jsr${"."}io/@nats-io/x`,
    `cd ${slash}home/me/shizuku`,
    `"file:${slash}${slash}${slash}root/x"`,
    `dir: "${slash}tmp/nats"`,
  ];
  for (const text of bad) assert.equal(checkText("a.md", text).length, 1, text);
  const good = ["GET /api/tmp/x", "a/home/b", "src/root/", "https://example.com/home/x"];
  for (const text of good) assert.deepEqual(checkText("a.md", text), [], text);
});

async function sourceFiles(): Promise<string[]> {
  return (await listFiles("src/")).filter((path) => path.endsWith(".ts"));
}

function assertNone(problems: string[]): void {
  assert.equal(problems.length, 0, `\n${problems.join("\n")}\n`);
}

function checkImports(path: string, imports: Import[]): string[] {
  const folder = folderOf(path);
  const rule = FOLDERS[folder];
  if (rule === undefined) return [`${path}: src/${folder} is not part of the layout`];
  return imports.flatMap((imported) => {
    const problem = isRelative(imported)
      ? checkRelative(path, folder, rule, imported)
      : checkPackage(folder, rule, imported);
    return problem === undefined ? [] : [`${path}:${imported.line} ${problem}`];
  });
}

function isRelative({ specifier }: Import): boolean {
  return /^\.{0,2}\//.test(specifier);
}

function checkRelative(
  path: string,
  folder: string,
  rule: FolderRule,
  { specifier }: Import,
): string | undefined {
  const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
  if (!target.startsWith("src/")) return `${specifier} is outside of src`;
  const other = folderOf(target);
  if (other === folder) return undefined;
  if (!rule.folders.includes(other)) return `${folder} may not know ${other}`;
  if (target !== `src/${other}/mod.ts` && !DOORS.has(target)) {
    return `${other} is known only through its mod.ts`;
  }
}

function checkPackage(
  folder: string,
  rule: FolderRule,
  { specifier, typeOnly }: Import,
): string | undefined {
  const name = packageOf(specifier);
  if (name === "@shizuku/shizuku") return "imports the library by its own name";
  if (rule.packages.includes(name)) return undefined;
  if (!rule.types?.includes(name)) return `${folder} may not use ${name}`;
  if (!typeOnly) return `${folder} may use only types of ${name}: write \`import type\``;
}

/** The package of a specifier: `@bufbuild/protobuf` of `@bufbuild/protobuf/wkt`. */
function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:";
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function checkLayout(paths: string[]): string[] {
  const misplaced = paths.filter((path) => !isPlaced(path));
  const incomplete = Object.entries(FOLDERS).filter(([folder, { leaves }]) =>
    !leaves && !paths.includes(`src/${folder}/mod.ts`)
  );
  return [
    ...misplaced.map((path) => `${path} is not src/<folder>/<snake_case>.ts of a known folder`),
    ...incomplete.map(([folder]) => `src/${folder} lacks its mod.ts`),
  ];
}

function isPlaced(path: string): boolean {
  if (path.startsWith("src/protobuf/gen/")) return path.endsWith("_pb.ts");
  if (path === "src/init/gen/template.ts") return true;
  return folderOf(path) in FOLDERS && /^src\/\w+\/_?[a-z0-9]+(?:_[a-z0-9]+)*\.ts$/.test(path);
}

function checkSilence(path: string, source: string): string[] {
  return source.split("\n").flatMap((line, index) =>
    /\bconsole\./.test(line) && !/^\s*(?:\*|\/\/)/.test(line)
      ? [`${path}:${index + 1} writes to the console`]
      : []
  );
}

function checkRootModule(source: string): string[] {
  const found = scanImports(source).map(({ specifier }) => specifier);
  const wanted = RE_EXPORTED.map((folder) => `./src/${folder}/mod.ts`);
  return [
    ...wanted.filter((path) => !found.includes(path)).map((path) => `mod.ts lacks ${path}`),
    ...found.filter((path) => !wanted.includes(path))
      .map((path) => `mod.ts must not re-export ${path}`),
  ];
}

function checkExports(exports: Record<string, string>, files: string[]): string[] {
  const expected = expectedExports(files);
  const keys = new Set([...Object.keys(exports), ...Object.keys(expected)]);
  return [...keys].filter((key) => exports[key] !== expected[key]).map((key) =>
    `exports "${key}" of deno.json must be ${expected[key]}: current value is ${exports[key]}`
  );
}

function expectedExports(files: string[]): Record<string, string> {
  const folders = Object.entries(FOLDERS)
    .filter(([, { leaves, internal }]) => !leaves && !internal)
    .map(([folder]) => [`./${folder}`, `./src/${folder}/mod.ts`]);
  const entries = Object.entries(FOLDERS).flatMap(([folder, { entries = [] }]) =>
    entries.map((name) => [`./${folder}/${name}`, `./src/${folder}/${name}.ts`])
  );
  const leaves = files.filter((path) => FOLDERS[folderOf(path)]?.leaves && !path.includes("/_"))
    .map((path) => [path.replace("src/", "./").replace(/\.ts$/, ""), `./${path}`]);
  // Where `map_imports` of protoc-gen-es looks for the code of the library's own .proto files.
  const generated = files.filter((path) => path.startsWith("src/protobuf/gen/"))
    .map((path) => [
      path.replace("src/protobuf/gen/", "./protobuf/").replace(/\.ts$/, ".js"),
      `./${path}`,
    ]);
  return Object.fromEntries([[".", "./mod.ts"], ...folders, ...entries, ...leaves, ...generated]);
}

function checkText(path: string, text: string): string[] {
  return Object.entries(FORBIDDEN).flatMap(([what, pattern]) => {
    const [found] = text.match(pattern) ?? [];
    return found === undefined ? [] : [`${path} names ${what}: ${found.trim()}`];
  });
}
