import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { listFiles, readSource } from "../_support/source_files.ts";
import { ROOT } from "../_support/root.ts";

/** Greatest size of the whole of core, minified and gzipped, without the packages that it uses. */
const MAX_BYTES = 6 * 1024;

/** Bundles and minifies what a user would write. */
async function bundle(code: string, withPackages = false): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: code, resolveDir: fileURLToPath(ROOT), loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "esnext",
    write: false,
    ...(withPackages ? {} : { packages: "external" }),
  });
  return outputFiles[0]!.text;
}

test("core: the whole of it is small", async () => {
  const size = gzipSync(await bundle('export * from "./src/core/mod.ts";'), { level: 9 }).length;
  assert.ok(
    size <= MAX_BYTES,
    `src/core must have at most ${MAX_BYTES} bytes: current size is ${size}`,
  );
});

test("core: what is not used is not there", async () => {
  assert.equal(await bundle('import "./src/core/mod.ts";', true), "");
});

test("core: only trace() brings OpenTelemetry", async () => {
  const source = await readSource("src/core/mod.ts");
  const names = ["stack", "retry", "timeout", "limit", "observe", "validate", "policy", "subject"];
  const code = `export { ${names.join(", ")} } from "./src/core/mod.ts";`;
  const without = await bundle(code, true);
  assert.doesNotMatch(without, /opentelemetry/);
  assert.match(await bundle('export { trace } from "./src/core/mod.ts";', true), /opentelemetry/);
  assert.match(source, /trace\.ts/);
});

test("core: mod.ts exports every module", async () => {
  const files = (await listFiles("src/core/"))
    .map((path) => path.replace("src/core/", ""))
    .filter((name) => !name.startsWith("_") && name !== "mod.ts");
  const source = await readSource("src/core/mod.ts");
  assert.deepEqual(files.filter((name) => !source.includes(`from "./${name}"`)), []);
});
