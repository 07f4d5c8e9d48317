import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { filesBelow } from "./_files.ts";
import { ROOT } from "./_run.ts";

/** Scripts that a test may start as a process of their own, see `tests/_support/spawn_script.ts`. */
const SCRIPT = /\/(?:main|feed|\w+_process)\.ts$/;
const SCRIPT_FOLDERS = ["tests", "bench", "examples", "src/dev"];

/** A folder in which the files that Node runs lie at the paths of their sources. */
export interface NodeBundles extends AsyncDisposable {
  /** Path of the folder; below the project, so that Node finds node_modules. */
  folder: string;
  /** Path of the bundle of a source, such as `tests/core/subject_test.ts`. */
  pathOf(source: string): string;
  /** Sources that could not be bundled; the reasons are on the terminal. */
  broken: string[];
}

/** Bundles sources, and the scripts that they may start, for Node. */
export async function bundleForNode(sources: string[]): Promise<NodeBundles> {
  const folder = `${ROOT}/.build/node-${Deno.pid}`;
  await remove(folder);
  const scripts = (await filesBelow(SCRIPT_FOLDERS)).filter((file) => SCRIPT.test(file));
  const pathOf = (source: string) => `${folder}/${source.replace(/\.ts$/, ".mjs")}`;
  try {
    const entries = [...new Set([...sources, ...scripts])];
    const failed = await Promise.all(entries.map((source) => bundle(source, pathOf)));
    const broken = entries.filter((_, index) => failed[index]);
    return { folder, pathOf, broken, [Symbol.asyncDispose]: () => remove(folder) };
  } finally {
    await esbuild.stop();
  }
}

/** Bundles one file by itself, so that one that is broken does not stop the others. */
async function bundle(source: string, pathOf: (source: string) => string): Promise<boolean> {
  try {
    await esbuild.build({
      absWorkingDir: ROOT,
      entryPoints: [source],
      outfile: pathOf(source),
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "linked",
      logLevel: "error",
      plugins: [keepImportMeta(pathOf)],
    });
    return false;
  } catch {
    return true;
  }
}

/** Makes `import.meta` speak of the source file, as it does where sources run as they are. */
function keepImportMeta(pathOf: (source: string) => string): esbuild.Plugin {
  return {
    name: "keep-import-meta",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = await Deno.readTextFile(path);
        const url = JSON.stringify(pathToFileURL(path).href);
        const bundle = JSON.stringify(pathOf(path.slice(ROOT.length + 1)));
        const contents = text
          .replaceAll(/\bimport\.meta\.url\b/g, url)
          .replaceAll(/\bimport\.meta\.main\b/g, `(process.argv[1] === ${bundle})`);
        return { contents, loader: "ts" };
      });
    },
  };
}

async function remove(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
