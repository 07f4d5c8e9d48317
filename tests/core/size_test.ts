import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundleCode } from "../_support/bundle_code.ts";
import { listFiles, readSource } from "../_support/source_files.ts";

/** Greatest size of the whole of core, minified and gzipped, without the packages that it uses. */
const MAX_BYTES = 6 * 1024;

test("core: the whole of it is small", async () => {
  const size =
    gzipSync(await bundleCode('export * from "./src/core/mod.ts";', { packages: "external" }), {
      level: 9,
    }).length;
  assert.ok(
    size <= MAX_BYTES,
    `src/core must have at most ${MAX_BYTES} bytes: current size is ${size}`,
  );
});

test("core: what is not used is not there", async () => {
  assert.equal(await bundleCode('import "./src/core/mod.ts";'), "");
});

test("core: only trace() brings OpenTelemetry", async () => {
  const source = await readSource("src/core/mod.ts");
  const names = ["stack", "retry", "timeout", "limit", "observe", "validate", "policy", "subject"];
  const code = `export { ${names.join(", ")} } from "./src/core/mod.ts";`;
  const without = await bundleCode(code);
  assert.doesNotMatch(without, /opentelemetry/);
  assert.match(await bundleCode('export { trace } from "./src/core/mod.ts";'), /opentelemetry/);
  assert.match(source, /trace\.ts/);
});

test("core: mod.ts exports every module", async () => {
  const files = (await listFiles("src/core/"))
    .map((path) => path.replace("src/core/", ""))
    .filter((name) => !name.startsWith("_") && name !== "mod.ts");
  const source = await readSource("src/core/mod.ts");
  assert.deepEqual(files.filter((name) => !source.includes(`from "./${name}"`)), []);
});
