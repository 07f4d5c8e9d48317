import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { ROOT } from "../_support/root.ts";
import { CASE_NAMES, type Outcome } from "./_cases.ts";
import { type Column, readColumn } from "./_readme_table.ts";

/**
 * Asserts that all cases work on a runtime, and that the README says so.
 *
 * Where `SHIZUKU_RUNTIMES` names a folder, what the README should say is written there instead.
 *
 * @param outcomes How the cases went, by transport.
 */
export async function checkColumn(
  runtime: string,
  outcomes: Readonly<Record<string, readonly Outcome[]>>,
): Promise<void> {
  const column = toColumn(runtime, outcomes);
  const folder = process.env["SHIZUKU_RUNTIMES"];
  if (folder !== undefined) {
    await writeFile(`${folder}/${runtime}.json`, JSON.stringify(column));
  } else {
    const readme = await readFile(new URL("README.md", ROOT), "utf8");
    assert.deepEqual(
      readColumn(readme, runtime).cells,
      column.cells,
      "the README is out of date: run `deno task runtimes`",
    );
  }
  const problems = Object.entries(outcomes).flatMap(([transport, all]) =>
    all.flatMap(({ name, problem }) => problem ? [`${name} over ${transport}: ${problem}`] : [])
  );
  assert.deepEqual(problems, []);
}

function toColumn(
  runtime: string,
  outcomes: Readonly<Record<string, readonly Outcome[]>>,
): Column {
  const cells = CASE_NAMES.map((name) => {
    const working = Object.entries(outcomes).filter(([, all]) =>
      all.some((outcome) => outcome.name === name && outcome.problem === undefined)
    );
    return [name, working.map(([transport]) => transport).join(", ") || "no"];
  });
  return { runtime, cells: Object.fromEntries(cells) };
}
