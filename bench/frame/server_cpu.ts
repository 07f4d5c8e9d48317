import { readdir, readFile } from "node:fs/promises";

/**
 * Processor time that another process has used, in microseconds; not a number where the system does
 * not tell it exactly, which only Linux does.
 */
export async function processMicros(pid: number | undefined): Promise<number> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const nanoseconds = await Promise.all(threads.map((thread) => threadTime(pid!, thread)));
    return nanoseconds.reduce((sum, each) => sum + each, 0) / 1_000;
  } catch {
    // Another system, or the process is gone: the figure is left out.
    return Number.NaN;
  }
}

/** Time on a processor, in nanoseconds; 0 of a thread that has just ended. */
async function threadTime(pid: number, thread: string): Promise<number> {
  const line = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "0");
  return Number(line.split(" ")[0]);
}
