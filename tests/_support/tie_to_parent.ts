import { type ChildProcess, spawn } from "node:child_process";

/** Waits for a line, or for the end of the pipe that only the parent holds, and then kills. */
const WATCHER = 'read -r _ || kill -KILL "$1"';

/**
 * Has a process killed when this one ends, however that happens: `SIGKILL` leaves no time to do it
 * oneself. A small `sh` waits for it; without one, as on Windows, the process may stay.
 *
 * @returns To be called when the process has ended.
 */
export function tieToParent(pid: number): () => void {
  const watcher = spawn("sh", ["-c", WATCHER, "sh", String(pid)], {
    // A group of its own: what ends the others of this group must not end it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.on("error", () => {});
  if (watcher.pid === undefined) return () => {};
  watcher.unref();
  const { stdin } = watcher as ChildProcess & { stdin: { unref?(): void } | null };
  stdin?.unref?.();
  watcher.stdin?.on("error", () => {});
  return () => void watcher.stdin?.end("\n");
}
