import { dirname } from "node:path";
import { capture, DENO, ROOT } from "./_run.ts";

/** A copy of the project in a temporary folder. */
export interface ProjectCopy extends AsyncDisposable {
  folder: string;
  /** Whether the imports from JSR are mapped to npm, as JSR does not answer. */
  mapped: boolean;
}

/** The one import that only JSR has, and the package on npm with the same `connect`. */
const JSR_IMPORT = "jsr:@nats-io/transport-deno@";
const NPM_IMPORT = "npm:@nats-io/transport-node@";
const JSR_IMPORTER = "src/transport/deno.ts";

/**
 * Copies the project, without what git ignores, into a temporary folder where every import
 * resolves: if JSR does not answer, the copy imports from npm what comes from there.
 */
export async function copyProject(): Promise<ProjectCopy> {
  const folder = await Deno.makeTempDir({ prefix: "shizuku-" });
  const [mapped] = await Promise.all([isJsrSilent(), copyFiles(folder)]);
  if (mapped) await mapImports(`${folder}/deno.json`);
  return {
    folder,
    mapped,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function isJsrSilent(): Promise<boolean> {
  const { success } = await capture([DENO, "cache", "--no-lock", "--quiet", JSR_IMPORTER]);
  return !success;
}

async function copyFiles(folder: string): Promise<void> {
  const list = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { success, stdout, output } = await capture(list);
  if (!success) throw new Error(`Cannot list the files of the project:\n${output}`);
  for (const file of stdout.split("\0").filter(Boolean)) {
    await copyFile(`${ROOT}/${file}`, `${folder}/${file}`);
  }
}

async function copyFile(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  try {
    await Deno.copyFile(from, to);
  } catch (error) {
    // Deleted, but git still lists it.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function mapImports(file: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  if (!text.includes(JSR_IMPORT)) throw new Error(`Cannot map ${JSR_IMPORT}: ${file} lacks it`);
  await Deno.writeTextFile(file, text.replace(JSR_IMPORT, NPM_IMPORT));
}

/** Says which import the checks of a copy have seen. */
export function describeCopy({ mapped }: ProjectCopy): string {
  if (!mapped) return `JSR answers: ${JSR_IMPORTER} is checked as it is`;
  return `JSR does not answer: ${JSR_IMPORTER} is checked with ${NPM_IMPORT}*`;
}
