import { readdir, readFile } from "node:fs/promises";
import { ROOT } from "./root.ts";

/** What holds nothing that is kept in version control. */
const IGNORED = new Set([".git", ".build", ".cache", "node_modules"]);

/**
 * Lists the files of the project below a folder, sorted, by their path from the project's folder.
 *
 * @param folder Such as `src/`; empty for the whole project.
 */
export async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(new URL(folder, ROOT), { withFileTypes: true })) {
    // In a worktree of git, .git is a file.
    if (IGNORED.has(entry.name)) continue;
    if (entry.isFile()) files.push(folder + entry.name);
    else if (entry.isDirectory()) {
      files.push(...await listFiles(`${folder}${entry.name}/`));
    }
  }
  return files.sort();
}

/** Reads a file of the project. */
export async function readSource(path: string): Promise<string> {
  return await readFile(new URL(path, ROOT), "utf8");
}
