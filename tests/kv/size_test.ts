import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundleCode } from "../_support/bundle_code.ts";

/** Greatest size of the cipher with all that `encrypted` adds, minified and gzipped. */
const MAX_BYTES = 8 * 1024;

const PACKAGES = {
  external: ["@nats-io/*", "@logtape/*", "@opentelemetry/*", "@bufbuild/*"],
};

/** Bundles what a user would write, without the packages of NATS. */
const bundle = (code: string): Promise<string> => bundleCode(code, PACKAGES);

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
