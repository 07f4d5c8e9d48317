import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import process from "node:process";

/**
 * Holds a line open to the parent. At its end, however the parent has ended, it ends the server
 * named by the last line and removes the folder.
 */
const WATCHER = `
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -TERM "$pid"; kill -CONT "$pid"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -0 "$pid" || break
    sleep 0.1
  done
  kill -KILL "$pid"
fi
rm -rf "$1"
`;

const ties = new Set<ParentTie>();

/**
 * Ties a server and its folder to this process.
 *
 * On POSIX systems a small `sh` waits for the end of a pipe that only this process holds, which
 * works after `SIGKILL` too. Without `sh`, as on Windows, the server is ended when this process
 * exits by itself; after a crash it stays.
 */
export class ParentTie {
  readonly #folder: string;
  readonly #watcher: ChildProcess | undefined;
  #pid: number | undefined;

  /** Starts to watch over a folder. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#watcher = process.platform === "win32" ? undefined : startWatcher(folder);
    if (ties.size === 0) process.on("exit", endAll);
    ties.add(this);
  }

  /** Names the process to end with this one; undefined once it has ended. */
  watch(pid: number | undefined): void {
    this.#pid = pid;
    this.#watcher?.stdin?.write(`${pid ?? ""}\n`);
  }

  /** Lets go; resolves when nothing of the tie is left. */
  async release(): Promise<void> {
    ties.delete(this);
    if (ties.size === 0) process.off("exit", endAll);
    const watcher = this.#watcher;
    if (!watcher || watcher.pid === undefined || watcher.exitCode !== null) return;
    const closed = new Promise<void>((resolve) => watcher.once("exit", () => resolve()));
    watcher.ref();
    watcher.stdin?.end("\n");
    await closed;
  }

  /** Ends the server at once, while this process exits and can no longer wait. */
  end(): void {
    if (this.#watcher?.pid !== undefined) return;
    if (this.#pid !== undefined) process.kill(this.#pid, "SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function endAll(): void {
  for (const tie of ties) tie.end();
}

function startWatcher(folder: string): ChildProcess {
  const watcher = spawn("sh", ["-c", WATCHER, "sh", folder], {
    // A group of its own: Ctrl-C in the terminal is for the parent alone.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without `sh` there is no watcher; `end` then does what can be done.
  watcher.on("error", () => {});
  if (watcher.pid === undefined) return watcher;
  watcher.unref();
  unrefStream(watcher.stdin);
  watcher.stdin?.on("error", () => {});
  return watcher;
}

/** A pipe is a socket at run time, which the types do not say. */
function unrefStream(stream: unknown): void {
  (stream as { unref?: () => void } | null)?.unref?.();
}
