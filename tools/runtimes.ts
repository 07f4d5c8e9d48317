/**
 * Runs the cases of `tests/runtimes` on every runtime and writes into the README what runs where.
 *
 * `runtimes.ts [--install]`: with `--install` a missing Chromium is installed by apt-get.
 *
 * @module
 */
import { CASE_NAMES } from "../tests/runtimes/_cases.ts";
import { type Column, writeTable } from "../tests/runtimes/_readme_table.ts";
import { DENO, ROOT, run } from "./_run.ts";

/** The columns of the table, in order. */
const RUNTIMES = ["Deno", "Bun", "Node", "workerd", "Chromium"];

async function main(args: string[]): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "shizuku-runtimes-" });
  try {
    const env = { SHIZUKU_RUNTIMES: folder };
    const deno = [DENO, "run", "-A"];
    const suite = await run([...deno, "tools/test.ts", "tests/runtimes"], { env });
    const browser = await run([...deno, "tools/browser.ts", ...args, "runtimes"], { env });
    const columns = await Promise.all(RUNTIMES.map((runtime) => readColumn(folder, runtime)));
    await writeReadme(columns);
    return suite.success && browser.success ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readColumn(folder: string, runtime: string): Promise<Column> {
  try {
    return JSON.parse(await Deno.readTextFile(`${folder}/${runtime}.json`));
  } catch (cause) {
    throw new Error(`Cannot tell what runs on ${runtime}: its cases did not run`, { cause });
  }
}

async function writeReadme(columns: Column[]): Promise<void> {
  const path = `${ROOT}/README.md`;
  await Deno.writeTextFile(path, writeTable(await Deno.readTextFile(path), CASE_NAMES, columns));
  await run([DENO, "fmt", "--quiet", path]);
}

Deno.exitCode = await main(Deno.args);
