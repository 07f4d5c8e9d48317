import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ROOT } from "../../tests/_support/root.ts";

/**
 * Installs pinned rivals, once for each state of their `package.json`, in the project's cache.
 *
 * @param area Folder of `bench` whose rivals they are, such as `services`.
 * @returns The folder that holds their `node_modules`.
 * @throws {Error} If npm fails.
 */
export async function installRivals(area: "services" | "consumers"): Promise<string> {
  const path = fileURLToPath(new URL(`bench/${area}/rivals/package.json`, ROOT));
  const manifest = await readFile(path, "utf8");
  const version = createHash("sha256").update(manifest).digest("hex").slice(0, 16);
  const folder = fileURLToPath(new URL(`.cache/rivals/${version}`, ROOT));
  if (await access(folder).then(() => true, () => false)) return folder;
  const names = Object.entries(JSON.parse(manifest).dependencies as Record<string, string>);
  console.log(`Installing ${names.map(([name, version]) => `${name} ${version}`).join(", ")}`);
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await copyFile(path, `${unfinished}/package.json`);
    await npmInstall(unfinished);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function npmInstall(cwd: string): Promise<void> {
  const args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  const npm = spawn("npm", args, { cwd, stdio: "inherit", shell: process.platform === "win32" });
  const status = await new Promise((resolve, reject) => {
    npm.once("error", reject);
    npm.once("close", resolve);
  });
  if (status !== 0) throw new Error(`Cannot install the rivals: npm ended with status ${status}`);
}

/** Imports a package of the rivals' folder. */
export function importRival<T>(folder: string, name: string): Promise<T> {
  const path = createRequire(`${folder}/package.json`).resolve(name);
  return import(pathToFileURL(path).href);
}
