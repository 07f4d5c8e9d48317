import { readFile } from "node:fs/promises";
import * as esbuild from "esbuild";

/**
 * The packages that an entry point imports, itself or through its modules, before any code runs.
 *
 * @param path Path of the entry point from the project's folder.
 */
export async function packagesOf(path: string, root: string): Promise<string[]> {
  const { metafile } = await esbuild.build({
    entryPoints: [path],
    absWorkingDir: root,
    outdir: "out",
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "esnext",
    write: false,
    metafile: true,
  });
  const { outputs } = metafile;
  const found = new Set<string>();
  const visit = (output: string) => {
    for (const { path, kind, external } of outputs[output]!.imports) {
      if (kind !== "import-statement") continue;
      if (external) found.add(path);
      else visit(path);
    }
  };
  visit(Object.keys(outputs).find((output) => outputs[output]!.entryPoint === path)!);
  return [...found].sort();
}

const SPECIFIER = /(\bfrom |\bimport |\bimport\()"(\.[^"]*)\.ts"/g;

/**
 * Strips the types of the library's sources, file by file, as a package for Node has them.
 *
 * @param files Paths of the sources from the project's folder.
 */
export async function stripTypes(files: string[], root: string, outdir: string): Promise<void> {
  await esbuild.build({
    entryPoints: files,
    absWorkingDir: root,
    outbase: root,
    outdir,
    format: "esm",
    target: "node20",
    outExtension: { ".js": ".mjs" },
    plugins: [{
      name: "specifiers",
      setup(build) {
        build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          const text = await readFile(path, "utf8");
          return { contents: text.replaceAll(SPECIFIER, '$1"$2.mjs"'), loader: "ts" };
        });
      },
    }],
  });
}
