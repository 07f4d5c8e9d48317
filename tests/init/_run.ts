import { spawn } from "node:child_process";
import process from "node:process";

/**
 * Runs a program until its end.
 *
 * @returns What it wrote.
 * @throws {Error} If it fails; the message holds what it wrote.
 */
export async function runIn(
  folder: string,
  program: string,
  args: readonly string[],
): Promise<string> {
  // What the runner of these tests says to its own children is not meant for another one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Uint8Array) => output += new TextDecoder().decode(chunk));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return output;
  throw new Error(`${[program, ...args].join(" ")} ended with ${code}:\n${output}`);
}
