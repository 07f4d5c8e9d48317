import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { init } from "../../src/init/mod.ts";
import { TEMPLATE } from "../../src/init/gen/template.ts";
import { ROOT } from "../_support/root.ts";
import { runIn } from "./_run.ts";

const CHECKOUT = fileURLToPath(ROOT);

/** A folder for one test. */
async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "shizuku-init-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function readJson(path: string) {
  return JSON.parse(await readFile(path, "utf8"));
}

test("init() writes an application that uses the released package", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "front-desk");
  const heard: string[] = [];
  const { name, files } = await init({ folder: path, onFile: (file) => heard.push(file) });
  assert.equal(name, "front-desk");
  assert.deepEqual(files, [...Object.keys(TEMPLATE), "package.json"]);
  assert.deepEqual(heard, files);
  assert.equal(
    await readFile(join(path, "guestbook.ts"), "utf8"),
    await readFile(new URL("templates/app/guestbook.ts", ROOT), "utf8"),
  );
  assert.match(await readFile(join(path, "README.md"), "utf8"), /^# front-desk\n/);

  const { links, imports } = await readJson(join(path, "deno.json"));
  assert.equal(links, undefined);
  const { dependencies, ...node } = await readJson(join(path, "package.json"));
  assert.deepEqual([node.name, node.type], ["front-desk", "module"]);
  for (const [name, version] of Object.entries(dependencies)) {
    assert.equal(imports[name], `npm:${name}@${version}`);
  }
});

test("init() writes the dependencies that the library itself has", async () => {
  const { imports, version } = await readJson(fileURLToPath(new URL("deno.json", ROOT)));
  const template = JSON.parse(TEMPLATE["deno.json"]!);
  assert.deepEqual(template.imports, {
    ...Object.fromEntries(Object.keys(template.imports).map((name) => [name, imports[name]])),
    "@shizuku/shizuku": `jsr:@shizuku/shizuku@^${version}`,
  });
});

test("init() refuses a folder that is not empty, and touches nothing in it", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "mine.txt"), "mine");
  await assert.rejects(init({ folder: folder.path, name: "app" }), {
    message: `Cannot create an application in ${folder.path} as it must be empty: it has mine.txt`,
  });
  assert.deepEqual(await readdir(folder.path), ["mine.txt"]);
  await assert.rejects(init({ folder: join(folder.path, "mine.txt"), name: "app" }), /ENOTDIR/);
  const empty = join(folder.path, "empty");
  await mkdir(empty);
  await init({ folder: empty });
});

test("init() refuses names that packages cannot have", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["", "App", "7up", "a b", "a/b", "../up", "a".repeat(101)]) {
    await assert.rejects(init({ folder: join(folder.path, "app"), name }), {
      name: "TypeError",
      message: "Cannot create an application as its name must be of a-z, 0-9 and -, a letter " +
        `first: current value is ${JSON.stringify(name)}`,
    });
  }
  await assert.rejects(init({ folder: join(folder.path, "My App") }), { name: "TypeError" });
  assert.deepEqual(await readdir(folder.path), []);
});

test("a new application passes its own check and tests, from a checkout", async () => {
  await using folder = await temporaryFolder();
  const app = join(folder.path, "app");
  await init({ folder: app, checkout: CHECKOUT });
  if ("Deno" in globalThis) return await runOnDeno(app);
  // The packages are those of the checkout: nothing is fetched from the network.
  await symlink(join(CHECKOUT, "node_modules"), join(app, "node_modules"), "junction");
  if ("Bun" in globalThis) assert.match(await runIn(app, process.execPath, ["test"]), /3 pass\b/);
  else await runOnNode(app);
});

/** The way in is the command line, as a user's. */
async function runOnDeno(app: string): Promise<void> {
  await rm(app, { recursive: true });
  const script = fileURLToPath(new URL("src/init/mod.ts", ROOT));
  const flags = ["run", "-A", "--no-check", "--config", join(CHECKOUT, "deno.json"), script];
  const args = [...flags, app, `--checkout=${CHECKOUT}`];
  const output = await runIn(CHECKOUT, process.execPath, args);
  assert.match(output, /guestbook_test\.ts\n[^]*Next:\n\n {2}cd .*\n {2}deno task test/);
  await assert.rejects(runIn(CHECKOUT, process.execPath, args), /as it must be empty: it has/);
  const generated = join(app, "gen/guestbook/v1/guestbook_pb.ts");
  const before = await readFile(generated, "utf8");
  for (const task of ["gen", "check", "test"]) await runIn(app, process.execPath, ["task", task]);
  assert.equal(await readFile(generated, "utf8"), before);
}

/** Node has no way to a checkout in TypeScript: it runs a bundle. */
async function runOnNode(app: string): Promise<void> {
  const outfile = join(app, "guestbook_test.mjs");
  await build({
    entryPoints: [join(app, "guestbook_test.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Not all that is bundled is a module.
    banner: {
      js: `import { createRequire } from "node:module";\n` +
        `const require = createRequire(import.meta["url"]);`,
    },
    logLevel: "error",
  });
  const output = await runIn(app, process.execPath, ["--test", outfile]);
  assert.match(output, /pass 3\b/);
}
