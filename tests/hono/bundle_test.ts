import * as esbuild from "esbuild";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { ROOT } from "../_support/root.ts";

/** What every application that has components brings along anyway. */
const BELOW = /\/(?:core|services|connection|protobuf|component|consumers|kv)\/mod\.ts$/;

/** Bytes of a bundle that has nothing of hono and protobuf-es, minified and gzipped. */
async function bytesOf(source: string, withBelow: boolean): Promise<number> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: source, resolveDir: fileURLToPath(ROOT), loader: "ts" },
    absWorkingDir: fileURLToPath(ROOT),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    packages: "external",
    write: false,
    logLevel: "error",
    plugins: withBelow ? [] : [{
      name: "without-what-is-below",
      setup: (build) =>
        build.onResolve({ filter: BELOW }, ({ path }) => ({ path, external: true })),
    }],
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

test("hono: rpc(), its error handler and health add at most 6 kB gzipped to a bundle", async () => {
  try {
    const source = 'export { handleRpcError, health, rpc } from "./src/hono/mod.ts";';
    const own = await bytesOf(source, false);
    assert.ok(own <= 6_000, `${own} bytes`);
    // With all of core and services that they use, for a gateway that has nothing else.
    const all = await bytesOf(source, true);
    assert.ok(all <= 9_200, `${all} bytes`);
  } finally {
    await esbuild.stop();
  }
});
