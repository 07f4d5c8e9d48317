import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);

/**
 * Installs the pinned packages of a `package.json`, once for each state of it, in the project's
 * cache: what only one task needs stays out of everybody's node_modules. Runs on every runtime.
 *
 * @param manifest Path of the `package.json`, from the project's folder.
 * @returns The folder that holds their `node_modules`.
 * @throws {Error} If npm fails.
 */
export async function installPinned(manifest: string): Promise<string> {
  const path = fileURLToPath(new URL(manifest, ROOT));
  const text = await readFile(path, "utf8");
  const version = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const folder = fileURLToPath(new URL(`.cache/packages/${version}`, ROOT));
  if (await exists(folder)) return folder;
  const names = Object.entries(JSON.parse(text).dependencies as Record<string, string>);
  console.log(`Installing ${names.map(([name, version]) => `${name} ${version}`).join(", ")} ...`);
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await copyFile(path, `${unfinished}/package.json`);
    await npmInstall(unfinished);
    // Another process may have been quicker; what it has installed is the same.
    await rename(unfinished, folder).catch(async (error) => {
      if (!await exists(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Runs `npm install` in a folder.
 *
 * @param packages What to install beside what its `package.json` names.
 * @throws {Error} If npm fails.
 */
export async function npmInstall(cwd: string, packages: readonly string[] = []): Promise<void> {
  const flags = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  const npm = spawn("npm", ["install", ...flags, ...packages], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  const status = await new Promise((resolve, reject) => {
    npm.once("error", reject);
    npm.once("close", resolve);
  });
  if (status !== 0) throw new Error(`Cannot install npm packages in ${cwd}: status ${status}`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
