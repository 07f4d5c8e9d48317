import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment, Platform } from "./_platform.ts";
import { parseVersion } from "./_semver.ts";

const PROBE_TIMEOUT_MS = 10_000;

/**
 * Asks a nats-server for its version.
 *
 * @throws {Error} If it cannot be run or does not say a version.
 */
export async function probeVersion(path: string): Promise<string> {
  for (let attempt = 1;; attempt++) {
    try {
      const text = await outputOf(path, ["--version"]);
      const version = /nats-server: /.test(text) ? parseVersion(text) : undefined;
      if (!version) throw new Error(`it does not say its version, but: ${text.trim()}`);
      return version.join(".");
    } catch (error) {
      // A process forked elsewhere just while the file was written holds it open until its own exec.
      if (attempt === 5 || !String(error).includes("ETXTBSY")) throw error;
      await sleep(50 * attempt);
    }
  }
}

/** Lists the executables of a name in the folders of PATH, first one first. */
export async function executablesOnPath(
  name: string,
  env: Environment,
  { os }: Platform,
): Promise<string[]> {
  const path = env.PATH ?? env.Path ?? "";
  const file = os === "win32" ? `${name}.exe` : name;
  const candidates = path.split(delimiter).filter(Boolean).map((folder) => join(folder, file));
  const found = await Promise.all(candidates.map(isExecutable));
  return [...new Set(candidates.filter((_, index) => found[index]))];
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not for us: both mean that it cannot be used.
    return false;
  }
}

function outputOf(path: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, args, { timeout: PROBE_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error) reject(error);
      else resolve(`${stdout}${stderr}`);
    });
  });
}
