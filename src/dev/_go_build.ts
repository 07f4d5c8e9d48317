import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Environment } from "./_platform.ts";
import type { OnNatsServerProgress } from "./progress.ts";

const MODULE = "github.com/nats-io/nats-server/v2";
const TAIL_LINES = 15;

/** What to build, with which Go, into which folder. */
export interface GoBuildOptions {
  /** The path of the `go` command. */
  readonly go: string;
  /** The version, such as `2.15.2`. */
  readonly version: string;
  /** The folder for the executable. */
  readonly folder: string;
  /** The environment of the build. */
  readonly env: Environment;
  /** Ends the build with its reason. */
  readonly signal?: AbortSignal;
  /** Hears of the phase `build`. */
  readonly onProgress?: OnNatsServerProgress;
}

/**
 * Builds a nats-server from its Go module.
 *
 * @throws {Error} If Go fails; the message has the end of its output.
 */
export async function buildWithGo(options: GoBuildOptions): Promise<void> {
  const { go, version, folder, env, signal, onProgress } = options;
  signal?.throwIfAborted();
  const message = `building nats-server v${version} with Go, which takes a minute or two`;
  onProgress?.({ phase: "build", message });
  // A platform set for other builds would put the executable elsewhere, and not run here.
  const { GOOS: _os, GOARCH: _arch, GOFLAGS: _flags, ...rest } = env;
  const child = spawn(go, ["install", "-v", `${MODULE}@v${version}`], {
    cwd: folder,
    env: { ...rest, GOBIN: folder, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
    signal,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const tail: string[] = [];
  let done = 0;
  createInterface({ input: child.stderr }).on("line", (line) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    // `-v` names each package on a line of its own; all else that Go says has spaces in it.
    if (!line.includes(" ")) onProgress?.({ phase: "build", message, done: ++done });
  });
  try {
    const code = await ended;
    if (code !== 0) throw new Error(`go install ended with code ${code}: ${tail.join("\n")}`);
  } finally {
    // The signal ends Go, while compilers that it has started hold the pipe open a little longer.
    child.stderr.destroy();
  }
}
