import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import type { Fault } from "./_check_history.ts";
import { sharedNow } from "./_clock.ts";
import type { ContenderOptions } from "./_contender.ts";

/** A contender that runs as a process of its own. */
export interface Contender {
  /** Process and incarnation, as it stands in the history. */
  readonly id: string;
  /** File of its history. */
  readonly log: string;
  /** Whether it was killed by us. */
  readonly isKilled: boolean;
  /** Resolves when it is connected. */
  readonly ready: Promise<void>;
  /** Lets it begin. */
  go(): void;
  /** Asks it to end, and waits until it has. @throws {Error} If it fails, or has ended before. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<Fault>;
  /** Freezes it for a while. */
  pause(ms: number): Promise<Fault>;
}

/** Starts a contender on this runtime. */
export function startContender(
  script: string,
  folder: string,
  options: Omit<ContenderOptions, "log">,
): Contender {
  const id = `${options.index}.${options.incarnation}`;
  const log = join(folder, `${id}.ndjson`);
  const args = [...runtimeArgs(), script, JSON.stringify({ ...options, log })];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors += text);
  const exited = exitOf(child);
  let [isExpected, isKilled] = [false, false];
  const fault = (what: string, at: number): Fault => {
    return { at, until: sharedNow(), what, target: id, isServer: false };
  };
  const signal = (name: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT") => {
    // Its process is ours until its end has been noticed here.
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid!, name);
  };
  return {
    id,
    log,
    get isKilled() {
      return isKilled;
    },
    ready: Promise.race([
      new Promise<void>((resolve) => child.stdout.once("data", () => resolve())),
      exited.then((code) => {
        if (!isExpected) throw new Error(`Contender ${id} ended with ${code}: ${errors}`);
      }),
    ]),
    go() {
      // One that has ended since is seen elsewhere.
      child.stdin.on("error", () => {});
      child.stdin.end("go");
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`Contender ${id} ended too early with ${await exited}: ${errors}`);
      }
      isExpected = true;
      signal("SIGTERM");
      const code = await exited;
      if (code !== 0) throw new Error(`Contender ${id} ended with ${code}: ${errors}`);
    },
    async kill() {
      isExpected = isKilled = true;
      const at = sharedNow();
      signal("SIGKILL");
      await exited;
      return fault("SIGKILL", at);
    },
    async pause(ms) {
      const at = sharedNow();
      signal("SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, ms));
      signal("SIGCONT");
      return fault(`SIGSTOP for ${ms} ms`, at);
    },
  };
}

function runtimeArgs(): string[] {
  return "Deno" in globalThis ? ["run", "-A", "--no-check", "--quiet"] : [];
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?"));
  });
}
