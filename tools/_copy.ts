import { dirname } from "node:path";
import { capture, ROOT } from "./_run.ts";

/** A copy of the project in a temporary folder. */
export interface ProjectCopy extends AsyncDisposable {
  folder: string;
}

/** Copies the project, without what git ignores, into a temporary folder. */
export async function copyProject(): Promise<ProjectCopy> {
  const folder = await Deno.makeTempDir({ prefix: "shizuku-" });
  await copyFiles(folder);
  return { folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
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
