import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { ENTRY_POINTS, IMPORTS, measureSizes, sizeTable } from "../../tools/_sizes.ts";
import { ROOT } from "../_support/root.ts";

const FOLDER = fileURLToPath(ROOT).replace(/[/\\]$/, "");
/** Modules that a bundle without side effects is empty of. */
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
  test(`size: of ${folder} nothing is left when nothing is used`, async () => {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: `import "./src/${folder}/mod.ts";`, resolveDir: FOLDER, loader: "ts" },
      bundle: true,
      minify: true,
      format: "esm",
      target: "esnext",
      // The packages of others may have side effects of their own.
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
    assert.equal(outputFiles[0]!.text, "");
  });
}
