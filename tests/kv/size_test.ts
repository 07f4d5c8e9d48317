import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { ROOT } from "../_support/root.ts";

/** Greatest size of the cipher with all that `encrypted` adds, minified and gzipped. */
const MAX_BYTES = 8 * 1024;

/** Bundles and minifies what a user would write, without the packages of NATS. */
async function bundle(code: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: code, resolveDir: fileURLToPath(ROOT), loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "esnext",
    write: false,
    external: ["@nats-io/*", "@logtape/*", "@opentelemetry/*", "@bufbuild/*"],
  });
  return outputFiles[0]!.text;
}

test("kv: only who encrypts brings the cipher", async () => {
  assert.doesNotMatch(
    await bundle('export * from "./src/kv/mod.ts";'),
    /expand 32-byte k|expand 16-byte k/,
  );
  assert.doesNotMatch(
    await bundle('export * from "./mod.ts";'),
    /expand 32-byte k|expand 16-byte k/,
  );
  assert.match(
    await bundle('export * from "./src/kv/encrypted.ts";'),
    /expand 32-byte k|expand 16-byte k/,
  );
});

test("kv: the cipher is small", async () => {
  const code = 'export * from "./src/kv/encrypted.ts";';
  const size = gzipSync(await bundle(code), { level: 9 }).length;
  assert.ok(
    size <= MAX_BYTES,
    `src/kv/encrypted.ts must have at most ${MAX_BYTES} bytes: current size is ${size}`,
  );
});
