import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

/** The Deno that runs this script; `deno` need not be on the PATH. */
export const DENO: string = Deno.execPath();

/** How to run a command. */
export interface RunOptions {
  /** Folder to run in. @default {ROOT} */
  cwd?: string;
  /** Variables that are added to the environment. */
  env?: Record<string, string>;
  /** Milliseconds after which the command is killed. @default {Infinity} */
  timeoutMs?: number;
}

/** How to run a command whose output is kept. */
export interface CaptureOptions extends RunOptions {
  /** Shows standard error on the terminal as it comes, instead of keeping it. @default {false} */
  showErrors?: boolean;
}

/** How a command ended. */
export interface RunResult {
  /** Whether it exited with status 0. */
  success: boolean;
  /** Exit status; 124 if it was killed for its time, 127 if there is no such program. */
  code: number;
}

/** How a captured command ended, and what it wrote. */
export interface CapturedResult extends RunResult {
  stdout: string;
  /** Standard output and standard error, in the order in which they came. */
  output: string;
}

/** Runs a command whose output goes to the terminal as it comes. */
export async function run(command: string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(command, options, { stdout: "inherit", stderr: "inherit" });
  if (child !== undefined) return await ended(child, command, options.timeoutMs);
  console.error(`${command[0]}: not found`);
  return NOT_FOUND;
}

/** Runs a command and keeps its output. */
export async function capture(
  command: string[],
  options: CaptureOptions = {},
): Promise<CapturedResult> {
  const stderr = options.showErrors ? "inherit" : "piped";
  const env = { ...options.env, NO_COLOR: "1" };
  const child = spawn(command, { ...options, env }, { stdout: "piped", stderr });
  if (child === undefined) {
    return { ...NOT_FOUND, stdout: "", output: `${command[0]}: not found\n` };
  }
  const output: string[] = [];
  const stdout: string[] = [];
  const [result] = await Promise.all([
    ended(child, command, options.timeoutMs),
    collect(child.stdout, stdout, output),
    stderr === "piped" ? collect(child.stderr, output) : undefined,
  ]);
  return { ...result, stdout: stdout.join(""), output: output.join("") };
}

/**
 * Runs a command that has to succeed.
 *
 * @returns Its standard output.
 * @throws {Error} With all that it wrote, if it does not.
 */
export async function mustRun(command: string[], options: CaptureOptions = {}): Promise<string> {
  const { success, stdout, output } = await capture(command, options);
  if (!success) throw new Error(`Cannot run ${command.join(" ")}:\n${output}`);
  return stdout;
}

const NOT_FOUND: RunResult = { success: false, code: 127 };

function spawn(
  [program = "", ...args]: string[],
  { cwd = ROOT, env }: RunOptions,
  output: { stdout: "inherit" | "piped"; stderr: "inherit" | "piped" },
): Deno.ChildProcess | undefined {
  try {
    return new Deno.Command(program, { args, cwd, env, stdin: "null", ...output }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function ended(
  child: Deno.ChildProcess,
  command: string[],
  timeoutMs = Infinity,
): Promise<RunResult> {
  if (timeoutMs === Infinity) return await child.status;
  let killed = false;
  const terminate = () => {
    killed = true;
    console.error(`\nStopped after ${seconds(timeoutMs)}: ${command.join(" ")}`);
    child.kill("SIGTERM");
  };
  const timers = [
    setTimeout(terminate, timeoutMs),
    setTimeout(() => child.kill("SIGKILL"), timeoutMs + 10_000),
  ];
  const { code, success } = await child.status;
  timers.forEach(clearTimeout);
  return killed ? { success: false, code: 124 } : { success, code };
}

async function collect(stream: ReadableStream<Uint8Array>, ...into: string[][]): Promise<void> {
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const text = decoder.decode(bytes, { stream: true });
    for (const texts of into) texts.push(text);
  }
}

/** Writes a duration the way a reader wants it: `0.8 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
