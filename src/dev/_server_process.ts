import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { codeOf } from "./_errors.ts";
import type { NatsServerExit } from "./nats_server.ts";

/** One run of a nats-server. */
export class ServerProcess {
  readonly #child: ChildProcess;
  /** Resolves when it has ended, and never rejects. */
  readonly exited: Promise<NatsServerExit>;
  /** How it has ended; undefined while it runs. */
  exit: NatsServerExit | undefined;

  /** Starts it with its output appended to a file, which outlives this process and never blocks. */
  constructor(command: string, args: readonly string[], logFile: string) {
    const log = openSync(logFile, "a");
    this.#child = spawn(command, args, {
      detached: process.platform !== "win32",
      windowsHide: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    // On Deno, what could not be started has nothing that could be let go.
    if (this.pid !== undefined) this.#child.unref();
    this.exited = new Promise((resolve) => {
      const end = (exit: NatsServerExit): void => resolve(this.exit ??= exit);
      this.#child.once("exit", (code, signal) => end({ code, signal }));
      this.#child.once("error", (error) => end({ code: null, signal: null, error }));
    });
  }

  /** Its process id; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a signal, unless it has ended. */
  signal(name: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    if (this.exit || this.pid === undefined) return;
    try {
      // Not `ChildProcess.kill`, which on Deno does nothing from the second signal on.
      process.kill(this.pid, name);
    } catch (error) {
      // It has ended, and the event that says so is still on its way.
      if (codeOf(error) !== "ESRCH") throw error;
    }
  }

  /** Waits for its end, and keeps this process alive meanwhile. */
  async ended(): Promise<NatsServerExit> {
    if (!this.exit && this.pid !== undefined) this.#child.ref();
    return await this.exited;
  }
}

/** Reads the end of a file, at most `maxBytes`; empty if there is none. */
export function tailOf(file: string, maxBytes: number): string {
  let handle: number | undefined;
  try {
    handle = openSync(file, "r");
    const { size } = fstatSync(handle);
    const bytes = new Uint8Array(Math.min(size, maxBytes));
    const length = readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    return new TextDecoder().decode(bytes.subarray(0, length));
  } catch {
    // It was never written or is already removed: nothing to tell.
    return "";
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
