import * as esbuild from "esbuild";
import { fileURLToPath } from "node:url";
import { ROOT } from "../_support/root.ts";

/** Bundles a module of this folder with all that it needs, for a runtime without files. */
export async function bundleFor(
  source: string,
  options: Pick<esbuild.BuildOptions, "format" | "globalName" | "conditions">,
): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL(`tests/runtimes/${source}`, ROOT))],
    absWorkingDir: fileURLToPath(ROOT),
    bundle: true,
    platform: "browser",
    target: "es2022",
    // Asked for only where the platform has no `crypto` of its own.
    external: ["crypto"],
    write: false,
    logLevel: "error",
    ...options,
  });
  await esbuild.stop();
  return outputFiles[0]!.text;
}
