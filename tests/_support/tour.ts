import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ROOT } from "./root.ts";

/** Which program of a document is run, and how. */
export interface TourOptions {
  /** Address of the nats-server, in place of the one in the code. */
  readonly server: string;
  /** Names of the files that are run, such as `main.ts`. */
  readonly entries: readonly string[];
  /** What is added to the end of files, so that a test gets hold of what they have. */
  readonly append?: Readonly<Record<string, string>>;
}

/** A program that stands in a document, ready to run. */
export interface Tour extends AsyncDisposable {
  /** Runs one of its files, and gives what it exports. */
  load(name: string): Promise<unknown>;
}

/**
 * Bundles the program of a document: its code blocks that begin with a file's name. It lies within
 * the project, so that its imports resolve as a user's do.
 *
 * @param document Path of the document, such as `README.md`.
 */
export async function bundleTour(document: string, options: TourOptions): Promise<Tour> {
  const { server, entries, append = {} } = options;
  const parent = fileURLToPath(new URL(".build/", ROOT));
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "tour-"));
  for (const [name, code] of await filesOf(document)) {
    const text = code.replaceAll("nats://127.0.0.1:4222", server) + (append[name] ?? "");
    await writeFile(join(folder, name), text);
  }
  await build({
    entryPoints: entries.map((name) => join(folder, name)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    tsconfig: fileURLToPath(new URL("tsconfig.json", ROOT)),
  });
  return {
    load: (name) => import(pathToFileURL(join(folder, name.replace(/\.ts$/, ".mjs"))).href),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** The files of a document: code blocks that begin with a file's name. */
async function filesOf(document: string): Promise<Map<string, string>> {
  const text = await readFile(new URL(document, ROOT), "utf8");
  const blocks = text.matchAll(/```ts[^\n]*\n\/\/ (\S+\.ts)\n(.*?)```/gs);
  return new Map([...blocks].map(([, name, code]) => [name!, code!]));
}
