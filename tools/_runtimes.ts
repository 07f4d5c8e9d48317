import { capture, DENO } from "./_run.ts";

/** The runtimes that the suite runs on, in this order. */
export const RUNTIMES = ["deno", "bun", "node"] as const;

/** One of the runtimes that the suite runs on. */
export type Runtime = typeof RUNTIMES[number];

/** The Bun that is used if the PATH has none, or an older one. */
const BUN = "1.4.5";

/** The oldest Node that the library supports. */
const OLDEST_NODE = "20.5.0";

/** A runtime that is there and may be started. */
export interface FoundRuntime {
  name: Runtime;
  /** Path of its program. */
  program: string;
  version: string;
}

/**
 * Finds a runtime; Bun is installed by npx if it is missing.
 *
 * @throws {Error} If the runtime is missing and cannot be installed.
 */
export async function findRuntime(name: Runtime): Promise<FoundRuntime> {
  switch (name) {
    case "deno":
      return { name, program: DENO, version: Deno.version.deno };
    case "bun":
      return await findBun();
    case "node":
      return await findNode();
  }
}

async function findBun(): Promise<FoundRuntime> {
  const onPath = await versionOf("bun");
  if (onPath !== undefined && isAtLeast(onPath, BUN)) {
    return { name: "bun", program: "bun", version: onPath };
  }
  const { success, stdout, output } = await capture(
    ["npx", "-y", `bun@${BUN}`, "--print", "process.execPath"],
  );
  if (!success) throw new Error(`Cannot install Bun ${BUN} with npx:\n${output}`);
  return { name: "bun", program: stdout.trim(), version: BUN };
}

async function findNode(): Promise<FoundRuntime> {
  const version = await versionOf("node");
  if (version === undefined) {
    throw new Error(`Cannot find Node: install version ${OLDEST_NODE} or later, see nodejs.org`);
  }
  if (isAtLeast(version, OLDEST_NODE)) return { name: "node", program: "node", version };
  throw new Error(`Cannot use Node as its version must be >= ${OLDEST_NODE}: found ${version}`);
}

/** Nothing if the program is missing: Deno then lends its own name to `node`. */
async function versionOf(program: string): Promise<string | undefined> {
  const { stdout } = await capture([program, "--version"]);
  return stdout.match(/^v?(\d+\.\d+\.\d+\S*)\s*$/)?.[1];
}

/** Whether a version is the same as another or newer; what follows the numbers is not looked at. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(wanted)];
  for (const [index, number] of right.entries()) {
    const difference = (left[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbersOf(version: string): number[] {
  return version.split(/[.-]/, 3).map((part) => Number.parseInt(part));
}

/** Parses `--runtime=deno,bun`; without it, or with `all`, all of them. */
export function parseRuntimes(option: string | undefined): Runtime[] {
  if (option === undefined || option === "all") return [...RUNTIMES];
  return option.split(",").map((name) => {
    const runtime = RUNTIMES.find((known) => known === name);
    if (runtime !== undefined) return runtime;
    throw new Error(`Cannot run on "${name}": runtimes are ${RUNTIMES.join(", ")}`);
  });
}
