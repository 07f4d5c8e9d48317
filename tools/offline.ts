/**
 * Runs a command in a copy of the project in which every import resolves, with JSR or without.
 *
 * `offline.ts CMD…`, such as `offline.ts deno check`; `deno` is the one that runs this script.
 *
 * @module
 */
import { copyProject, describeCopy } from "./_copy.ts";
import { DENO, run } from "./_run.ts";

const [program, ...args] = Deno.args;
if (program === undefined) {
  console.error("Usage: offline.ts CMD…");
  Deno.exit(2);
}
await using copy = await copyProject();
console.error(describeCopy(copy));
const command = [program === "deno" ? DENO : program, ...args];
Deno.exitCode = (await run(command, { cwd: copy.folder })).code;
