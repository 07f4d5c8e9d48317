import { readFile } from "node:fs/promises";

/** The page, as it is served. */
export async function loadPage(): Promise<string> {
  return await readFile(new URL("./page.html", import.meta.url), "utf8");
}
