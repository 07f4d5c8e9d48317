import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ROOT } from "../_support/root.ts";

const SOURCES = new URL("go/", import.meta.url);

/** Why the Go program cannot be built here, if so. */
export const NO_GO: string | false = goVersion() === undefined
  ? "there is no Go on the PATH, see go.dev/doc/install"
  : false;

function goVersion(): string | undefined {
  const { status, stdout } = spawnSync("go", ["version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** A request that the Go client makes. */
export interface GoRequest {
  subject: string;
  body: string;
  headers?: Record<string, string>;
}

/** What the Go client has read, field by field as the official types write it. */
export interface GoSummary {
  replies: { body: string; headers: Record<string, string[]> | null }[];
  ping: Record<string, unknown>;
  info: Record<string, unknown>;
  stats: Record<string, unknown> & { endpoints: Record<string, unknown>[] };
}

/**
 * Makes requests with the Go client, then asks the service for its PING, INFO and STATS.
 *
 * @param service Name of the micro service.
 * @throws {Error} If an answer does not fit the official types exactly.
 */
export async function runGoClient(
  server: string,
  service: string,
  requests: GoRequest[],
): Promise<GoSummary> {
  const args = ["client", "-server", server, "-service", service];
  for (const request of requests) args.push("-request", JSON.stringify(request));
  return JSON.parse(await run(await goProgram(), args)) as GoSummary;
}

/** A Go service that is answering; disposing of it ends its process. */
export interface GoService extends AsyncDisposable {
  /** Identifies the instance. */
  readonly id: string;
}

/** Starts the Go service `interop-v1-EchoService`. */
export async function startGoService(server: string): Promise<GoService> {
  const child = spawn(await goProgram(), ["service", "-server", server], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = endOf(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const id = /^ready (\S+)$/.exec(line)?.[1];
    if (id === undefined) continue;
    return {
      id,
      async [Symbol.asyncDispose]() {
        child.stdin.end();
        await ended;
      },
    };
  }
  throw new Error(`Cannot start the Go service: it ended with ${await ended}`);
}

let built: Promise<string> | undefined;

/** Path of the program, built at most once for its sources, whichever runtime asks first. */
function goProgram(): Promise<string> {
  return built ??= build();
}

async function build(): Promise<string> {
  const hash = createHash("sha256").update(goVersion() ?? "");
  for (const name of ["go.mod", "go.sum", "main.go"]) {
    hash.update(await readFile(new URL(name, SOURCES)));
  }
  const folder = fileURLToPath(new URL(".cache/interop/", ROOT));
  const path = `${folder}${hash.digest("hex").slice(0, 16)}${
    process.platform === "win32" ? ".exe" : ""
  }`;
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  // Whole or not at all: another process may look for it at this moment.
  const unfinished = `${path}.${process.pid}`;
  await run("go", ["build", "-o", unfinished, "."], fileURLToPath(SOURCES));
  await rename(unfinished, path);
  return path;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(() => true, () => false);
}

async function run(program: string, args: string[], cwd?: string): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
  const status = await endOf(child);
  if (status === 0) return output;
  throw new Error(`Cannot run ${program} ${args[0]}: it ended with ${status}: ${errors}`);
}

function endOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
}
