import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { ROOT } from "./root.ts";

/**
 * Bundles and minifies what a user would write, such as `export * from "./src/core/mod.ts";`.
 *
 * @param packages Which packages stay out of it; by default none do.
 */
export async function bundleCode(
  code: string,
  packages: Pick<esbuild.BuildOptions, "external" | "packages"> = {},
): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: code, resolveDir: fileURLToPath(ROOT), loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "esnext",
    write: false,
    ...packages,
  });
  return outputFiles[0]!.text;
}
