import * as esbuild from "esbuild";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { WITHOUT_SIDE_EFFECTS } from "../../tools/_sizes.ts";
import { ROOT } from "../_support/root.ts";

/** What every application that has components brings along anyway. */
const BELOW = /\/(?:core|services|connection|protobuf|component|consumers|kv)\/mod\.ts$/;

const WITHOUT_BELOW: esbuild.Plugin = {
  name: "without-what-is-below",
  setup: (build) => build.onResolve({ filter: BELOW }, ({ path }) => ({ path, external: true })),
};

/** How a bundle is made. */
interface BundleOptions {
  /** Whether it has what is below, too. */
  readonly withBelow: boolean;
  /** Whether what is loaded later stays in files of its own, which are not counted. */
  readonly splitting: boolean;
}

/** Bytes of a bundle that has nothing of hono and protobuf-es, minified and gzipped. */
async function bytesOf(
  source: string,
  { withBelow, splitting }: BundleOptions,
): Promise<number> {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: {
      contents: source,
      resolveDir: fileURLToPath(ROOT),
      loader: "ts",
      sourcefile: "entry.ts",
    },
    absWorkingDir: fileURLToPath(ROOT),
    bundle: true,
    splitting,
    outdir: "out",
    minify: true,
    format: "esm",
    platform: "neutral",
    packages: "external",
    metafile: true,
    write: false,
    logLevel: "error",
    plugins: [...(withBelow ? [] : [WITHOUT_BELOW]), WITHOUT_SIDE_EFFECTS],
  });
  const atOnce = chunksAtOnce(metafile);
  const counted = outputFiles.filter(({ path }) =>
    [...atOnce].some((chunk) => path.replaceAll("\\", "/").endsWith(chunk))
  );
  assert.equal(counted.length, atOnce.size);
  return gzipSync(counted.map(({ text }) => text).join("\n"), { level: 9 }).length;
}

/** The chunks that are loaded before any code runs. */
function chunksAtOnce({ outputs }: esbuild.Metafile): Set<string> {
  const [entry] = Object.keys(outputs).filter((path) => outputs[path]!.entryPoint === "entry.ts");
  const found = new Set([entry!]);
  for (const chunk of found) {
    for (const { path, kind, external } of outputs[chunk]!.imports) {
      if (kind === "import-statement" && !external) found.add(path);
    }
  }
  return found;
}

test("hono: rpc(), its error handler and health add at most 5.3 kB gzipped to a bundle", async () => {
  try {
    const source = 'export { handleRpcError, health, rpc } from "./src/hono/mod.ts";';
    const own = await bytesOf(source, { withBelow: false, splitting: true });
    assert.ok(own <= 5_300, `${own} bytes`);
    // With all of core and services that they use, for a gateway that has nothing else.
    const all = await bytesOf(source, { withBelow: true, splitting: true });
    assert.ok(all <= 8_200, `${all} bytes`);
    // In one file what is loaded later is there at once, and modules are wrapped for it.
    const single = await bytesOf(source, { withBelow: true, splitting: false });
    assert.ok(single <= 9_200, `${single} bytes`);
  } finally {
    await esbuild.stop();
  }
});
