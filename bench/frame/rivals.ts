import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { installPinned } from "../../tools/_pinned_packages.ts";

/**
 * Installs pinned rivals, once for each state of their `package.json`, in the project's cache.
 *
 * @param area Folder of `bench` whose rivals they are, such as `services`.
 * @returns The folder that holds their `node_modules`.
 * @throws {Error} If npm fails.
 */
export function installRivals(area: "services" | "consumers"): Promise<string> {
  return installPinned(`bench/${area}/rivals/package.json`);
}

/** Imports a package of the rivals' folder. */
export function importRival<T>(folder: string, name: string): Promise<T> {
  const path = createRequire(`${folder}/package.json`).resolve(name);
  return import(pathToFileURL(path).href);
}
