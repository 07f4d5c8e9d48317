/**
 * Runs the test suite on Deno, Bun and Node.
 *
 * `test.ts [--runtime=deno,bun,node] [FILTER…]`, where a filter is a part of a file's path.
 *
 * The last line says how many tests passed and failed, on all runtimes together.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { filesBelow, filterFiles } from "./_files.ts";
import type { TestCase } from "./_junit.ts";
import { seconds } from "./_run.ts";
import { findRuntime, parseRuntimes } from "./_runtimes.ts";
import { findNatsServer, installPackages } from "./_setup.ts";
import { runSuite, type SuiteResult } from "./_suite.ts";

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log("\n0 passed, 1 failed");
  Deno.exitCode = 1;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { runtime: { type: "string" } },
  });
  const files = filterFiles(
    (await filesBelow(["tests"])).filter((file) => file.endsWith("_test.ts")),
    positionals,
  );
  if (files.length === 0) {
    throw new Error(
      `Cannot test: no test file matches ${positionals.join(", ") || "tests/**/*_test.ts"}`,
    );
  }

  await installPackages();
  const env = { NATS_SERVER: await findNatsServer() };
  const runtimes = await Promise.all(parseRuntimes(values.runtime).map(findRuntime));
  const results: SuiteResult[] = [];
  for (const runtime of runtimes) {
    console.log(`\n=== ${runtime.name} ${runtime.version}, ${files.length} files ===\n`);
    results.push(await runSuite({ runtime, files, env }));
  }
  return report(results, compare(results));
}

/**
 * Names the tests that one runtime did not run though another did: Deno, for one, is silent about
 * a file that throws after its first test. A runtime that has problems has named its reason.
 */
function compare(results: SuiteResult[]): string[] {
  const all = new Set(results.flatMap(namesIn));
  return results.filter(({ problems }) => problems.length === 0).flatMap((result) => {
    const names = new Set(namesIn(result));
    const missing = [...all].filter((name) => !names.has(name));
    return missing.map((name) => `${result.runtime}: did not run "${name}", which others did`);
  });
}

function namesIn({ passed, failed, skipped }: SuiteResult): string[] {
  return [...passed, ...failed, ...skipped].map(({ name }) => name);
}

function report(results: SuiteResult[], missing: string[]): number {
  console.log("\n=== summary ===\n");
  for (const result of results) {
    list("failed", result.runtime, result.failed);
    list("skipped", result.runtime, result.skipped);
    for (const problem of result.problems) console.log(`failed   ${result.runtime}: ${problem}`);
  }
  for (const problem of missing) console.log(`failed   ${problem}`);
  console.log();
  for (const result of results) {
    console.log(`${result.runtime.padEnd(6)}${closingLine(result)}, ${seconds(result.durationMs)}`);
  }
  const total = results.reduce(add);
  total.problems.push(...missing);
  console.log();
  console.log(closingLine(total));
  return total.failed.length + total.problems.length === 0 ? 0 : 1;
}

function list(word: string, runtime: string, cases: TestCase[]): void {
  for (const { name } of cases) console.log(`${word.padEnd(9)}${runtime}: ${name}`);
}

function add(left: SuiteResult, right: SuiteResult): SuiteResult {
  return {
    ...left,
    passed: [...left.passed, ...right.passed],
    failed: [...left.failed, ...right.failed],
    skipped: [...left.skipped, ...right.skipped],
    problems: [...left.problems, ...right.problems],
  };
}

function closingLine({ passed, failed, skipped, problems }: SuiteResult): string {
  const counts = [`${passed.length} passed`, `${failed.length + problems.length} failed`];
  if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
  return counts.join(", ");
}
