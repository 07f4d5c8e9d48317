import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import {
  ENTRY_POINTS,
  IMPORTS,
  measureSizes,
  sizeTable,
  WITHOUT_SIDE_EFFECTS,
} from "../../tools/_sizes.ts";
import { ROOT } from "../_support/root.ts";

const FOLDER = fileURLToPath(ROOT).replace(/[/\\]$/, "");
const FOLDERS = [
  "core",
  "protobuf",
  "connection",
  "services",
  "consumers",
  "kv",
  "component",
  "hono",
];

for (const [title, budgets] of [["entry point", ENTRY_POINTS], ["imports", IMPORTS]] as const) {
  test(`size: each ${title} is within its limit`, async () => {
    const measured = await measureSizes(budgets, FOLDER);
    console.log(`\n${sizeTable(title, measured)}\n`);
    const over = measured.filter(({ added, limit }) => added > limit);
    const problems = over.map(({ name, added, limit }) =>
      `${name} must add at most ${Math.floor(limit)} bytes: current size is ${added}`
    );
    assert.deepEqual(problems, []);
  });
}

for (const folder of FOLDERS) {
  test(`size: who uses nothing of ${folder} gets a few constants at most`, async () => {
    const text = await bundle(`import "./src/${folder}/mod.ts";`);
    assert.doesNotMatch(text, /\bclass\b/);
    assert.ok(text.length <= 3_000, `${text.length} bytes are left: ${text}`);
  });
}

/** What is in the bundle of who answers and calls RPC alone. */
const RPC_ALONE: Readonly<Record<string, string>> = {
  services:
    'export { createClient, defineService, natsTransport, serve } from "./src/services/mod.ts";',
  hono: 'export { health, rpc } from "./src/hono/mod.ts";',
  component: 'export { defineComponent } from "./src/component/mod.ts";',
};

for (const [folder, code] of Object.entries(RPC_ALONE)) {
  test(`size: RPC alone, of ${folder}, brings neither JetStream nor the key-value store`, async () => {
    const inputs = await inputsOf(code);
    assert.ok(inputs.some((path) => path.startsWith(`src/${folder}/`)), inputs.join());
    assert.deepEqual(
      inputs.filter((path) => /@nats-io\/(jetstream|kv)\/|^src\/kv\//.test(path)),
      [],
    );
  });
}

test("size: who opens a bucket brings both, so that the tests before can fail", async () => {
  const inputs = await inputsOf('export { openBucket } from "./src/kv/mod.ts";');
  assert.ok(inputs.some((path) => path.includes("@nats-io/jetstream/")));
  assert.ok(inputs.some((path) => path.startsWith("src/kv/")));
});

/** The files that something is left of in a bundle with all packages. */
async function inputsOf(code: string): Promise<string[]> {
  const { metafile } = await esbuild.build({
    stdin: { contents: code, resolveDir: FOLDER, loader: "ts" },
    absWorkingDir: FOLDER,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    write: false,
    metafile: true,
    plugins: [WITHOUT_SIDE_EFFECTS],
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
}

/** What is loaded at once of a bundle of our own code, as if no package had side effects of its own. */
async function bundle(code: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: code, resolveDir: FOLDER, loader: "ts" },
    bundle: true,
    splitting: true,
    outdir: "out",
    minify: true,
    format: "esm",
    target: "esnext",
    plugins: [{
      name: "packages",
      setup: (build) =>
        build.onResolve({ filter: /^[@a-z]/ }, ({ path }) => ({
          path,
          external: true,
          sideEffects: false,
        })),
    }],
    write: false,
  });
  return outputFiles.find(({ path }) => path.endsWith("stdin.js"))!.text;
}
