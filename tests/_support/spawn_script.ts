import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ROOT } from "./root.ts";
import { tieToParent } from "./tie_to_parent.ts";

/** How to start a script. */
export interface SpawnScriptOptions {
  /** Arguments of the script. */
  args?: string[];
  /** Variables that are added to the environment. */
  env?: Record<string, string>;
  /** Kills the script when it aborts. */
  signal?: AbortSignal;
}

/** How a script ended. */
export interface ScriptExit {
  /** Its exit status; null if a signal ended it. */
  code: number | null;
  /** The signal that ended it, if one did. */
  signal: string | null;
}

/** A script that runs as a process of its own. */
export interface SpawnedScript extends AsyncDisposable {
  /** Id of its process. */
  readonly pid: number;
  /** Its lines on standard output: each iteration starts at the first one and ends with the script. */
  readonly lines: AsyncIterable<string>;
  /** Resolves when the script has ended and all of its output is read. */
  readonly exited: Promise<ScriptExit>;
  /** What it wrote to standard error so far. */
  stderr(): string;
  /**
   * Waits for a line on standard output.
   *
   * @throws {Error} If the script ends without it; the message holds its standard error.
   */
  line(pattern: string | RegExp): Promise<string>;
  /** Sends it a signal. @default {"SIGTERM"} */
  kill(signal?: "SIGTERM" | "SIGKILL" | "SIGINT"): void;
}

/**
 * Starts a TypeScript script as a process of its own, on the runtime that runs this test.
 * Disposing of it kills it with SIGKILL and waits for its end; it is killed as well when this process
 * ends, however that happens.
 *
 * @param url Source of the script, a file named `*_process.ts`, `main.ts` or `feed.ts` in tests,
 * bench, examples or src/dev (on Node, these are the ones that are bundled).
 * @example Kill a consumer in the middle of its work
 * ```ts ignore
 * await using script = spawnScript(new URL("./consumer_process.ts", import.meta.url));
 * await script.line("ready");
 * script.kill("SIGKILL");
 * ```
 */
export function spawnScript(url: URL, options: SpawnScriptOptions = {}): SpawnedScript {
  const { args = [], env, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(process.execPath, [...commandFor(url), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid === undefined) throw new Error(`Cannot start ${url}`);
  // Deno's own kill() ignores every signal after the first.
  const kill: SpawnedScript["kill"] = (name = "SIGTERM") => void process.kill(child.pid!, name);
  const untie = tieToParent(child.pid);
  const output = readLines(child.stdout);
  const errors = readText(child.stderr);
  const onAbort = () => kill("SIGKILL");
  signal?.addEventListener("abort", onAbort);
  const exited = endOf(child).finally(() => {
    signal?.removeEventListener("abort", onAbort);
    untie();
  });
  return {
    pid: child.pid,
    lines: output,
    exited,
    stderr: errors,
    kill,
    async line(pattern) {
      for await (const line of output) if (matches(line, pattern)) return line;
      const { code, signal } = await exited;
      throw new Error(
        `Cannot find the line ${pattern} of ${url.pathname.split("/").at(-1)}: ` +
          `it ended with ${signal ?? `status ${code}`}, standard error: ${errors()}`,
      );
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) kill("SIGKILL");
      await exited;
    },
  };
}

function matches(line: string, pattern: string | RegExp): boolean {
  return typeof pattern === "string" ? line.includes(pattern) : pattern.test(line);
}

/** The arguments with which this runtime runs a script. */
export function commandFor(url: URL): string[] {
  const path = fileURLToPath(url);
  if ("Deno" in globalThis) return ["run", "-A", "--no-check", "--quiet", path];
  if ("Bun" in globalThis) return [path];
  const bundles = process.env.SHIZUKU_NODE_BUNDLES;
  if (bundles === undefined) {
    throw new Error("Cannot start a script on Node without its bundle: use `deno task test:node`");
  }
  const source = path.slice(fileURLToPath(ROOT).length);
  return ["--enable-source-maps", `${bundles}/${source.replace(/\.ts$/, ".mjs")}`];
}

function endOf(child: ChildProcess): Promise<ScriptExit> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function readText(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => text += chunk);
  return () => text;
}

/** Keeps every line, so that several readers can each have them all. */
function readLines(stream: Readable): AsyncIterable<string> {
  const lines: string[] = [];
  let closed = false;
  let wake: (() => void)[] = [];
  const notify = () => {
    const waiting = wake;
    wake = [];
    for (const resume of waiting) resume();
  };
  createInterface({ input: stream })
    .on("line", (line) => {
      lines.push(line);
      notify();
    })
    .on("close", () => {
      closed = true;
      notify();
    });
  return {
    async *[Symbol.asyncIterator]() {
      for (let index = 0;;) {
        const line = lines[index];
        if (line !== undefined) {
          index++;
          yield line;
        } else if (closed) return;
        else await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
  };
}
