import { ROOT } from "./_run.ts";

/** Folders that hold no source of ours. */
const SKIPPED = new Set([".git", ".build", ".cache", "node_modules"]);

/**
 * Lists the files below some folders, sorted, by their path from the project's folder.
 *
 * @param folders Such as `["tests"]`; one that does not exist holds no files.
 * @param root Folder that stands for the project's.
 */
export async function filesBelow(folders: string[], root: string = ROOT): Promise<string[]> {
  const files: string[] = [];
  for (const folder of folders) await walk(root, folder, files);
  return files.sort();
}

async function walk(root: string, folder: string, files: string[]): Promise<void> {
  for (const entry of await entriesOf(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isFile) files.push(path);
    else if (entry.isDirectory && !SKIPPED.has(entry.name)) await walk(root, path, files);
  }
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Keeps the files whose path holds one of the words; without words, all of them. */
export function filterFiles(files: string[], words: string[]): string[] {
  const wanted = words.map((word) => word.replace(/^\.\//, ""));
  return wanted.length === 0 ? files : files.filter((file) => wanted.some((w) => file.includes(w)));
}
