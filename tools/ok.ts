/**
 * Runs every check that a change must pass.
 *
 * `ok.ts [--no-tests]`, where `--no-tests` leaves the test suite out.
 *
 * All checks run, and all failures are shown; the table at the end says which ones failed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { copyProject } from "./_copy.ts";
import { symbolsWithoutExample } from "./_doc_symbols.ts";
import { BUF, findStaleFiles } from "./_gen.ts";
import { JOBS } from "./_jobs.ts";
import { capture, DENO, run, seconds } from "./_run.ts";
import { findNatsServer, installPackages } from "./_setup.ts";

/** A check; it returns what is wrong, or nothing. */
type Check = () => Promise<string | undefined>;

/** How a check went. */
interface CheckResult {
  name: string;
  ok: boolean;
  durationMs: number;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { "no-tests": { type: "boolean" } } });
  const withTests = !values["no-tests"];
  await installPackages();
  const env = { NATS_SERVER: await findNatsServer() };
  await using copy = await copyProject();
  const inCopy = { cwd: copy.folder, env };

  const checks: Record<string, Check> = {
    "format": () => passes([DENO, "fmt", "--check"]),
    "lint": () => passes([DENO, "lint"]),
    "proto format": () => passes([BUF, "format", "--diff", "--exit-code"]),
    "proto lint": () => passes([BUF, "lint"]),
    "generated code": checkGeneratedCode,
    "import directions": () =>
      passes([DENO, "test", "-A", "--no-check", "tests/architecture_test.ts"]),
    "types": () => passes([DENO, "check"], inCopy),
    "doc lint": () => lintDocs(copy.folder),
    "doc symbols": () => checkSymbols(copy.folder),
    "doc examples": () =>
      passes([DENO, "test", "--doc", "-A", "--parallel", ...DOCUMENTS], {
        ...inCopy,
        env: { ...env, DENO_JOBS: `${JOBS}` },
      }),
    ...(withTests ? { "tests": () => runTests(env) } : {}),
    "publish dry run": () => passes([DENO, "publish", "--dry-run", "--allow-dirty"], inCopy),
  };
  const results: CheckResult[] = [];
  for (const [name, check] of Object.entries(checks)) results.push(await perform(name, check));
  return report(results);
}

/** Where examples are looked for. */
const DOCUMENTS = ["README.md", "docs", "mod.ts", "src"];

async function perform(name: string, check: Check): Promise<CheckResult> {
  const startedAt = performance.now();
  const wrong = await check().catch((error) => String(error));
  const result = { name, ok: wrong === undefined, durationMs: performance.now() - startedAt };
  console.log(describe(result));
  if (wrong) console.log(`${wrong.trimEnd()}\n`);
  return result;
}

function describe({ name, ok, durationMs }: CheckResult): string {
  return `${ok ? "ok     " : "FAILED "} ${name.padEnd(18)} ${seconds(durationMs).padStart(8)}`;
}

function report(results: CheckResult[]): number {
  const failed = results.filter(({ ok }) => !ok);
  console.log("\n=== checks ===\n");
  for (const result of results) console.log(describe(result));
  console.log(`\n${results.length - failed.length} checks ok, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

async function passes(
  command: string[],
  options: Parameters<typeof capture>[1] = {},
): Promise<string | undefined> {
  const { success, output } = await capture(command, options);
  return success ? undefined : output || "it failed without a word";
}

async function runTests(env: Record<string, string>): Promise<string | undefined> {
  const { success } = await run([DENO, "run", "-A", "tools/test.ts"], { env });
  return success ? undefined : "see above";
}

async function checkGeneratedCode(): Promise<string | undefined> {
  const stale = await findStaleFiles();
  if (stale.length === 0) return undefined;
  return `Not what \`deno task gen\` generates:\n${stale.map((file) => `  ${file}`).join("\n")}`;
}

/** Packages whose types are part of our public API on purpose; their docs are theirs. */
const RE_EXPORTED = ["@bufbuild/protobuf", "@nats-io/nats-core", "@standard-schema/spec", "hono"];

async function entryPoints(folder: string): Promise<string[]> {
  const { exports } = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
  return Object.values<string>(exports).filter((path) => !isExcused(path));
}

/** Lints the docs of every entry point; only code that is not written by hand here is excused. */
async function lintDocs(folder: string): Promise<string | undefined> {
  const entries = await entryPoints(folder);
  const { success, output } = await capture([DENO, "doc", "--lint", ...entries], { cwd: folder });
  if (success) return undefined;
  const diagnostics = output.split(/^(?=error(?:\[[\w-]+\])?:)/m).slice(1)
    .filter((text) => !text.startsWith("error: Found "));
  if (diagnostics.length === 0) return output;
  const ours = diagnostics.filter((text) => !isExcused(text.match(/--> (\S+)/)?.[1] ?? ""));
  return ours.length === 0 ? undefined : ours.join("");
}

/** Every public symbol has an example, except what other packages and generated code declare. */
async function checkSymbols(folder: string): Promise<string | undefined> {
  const entries = await entryPoints(folder);
  const command = [DENO, "doc", "--json", ...entries];
  const { success, stdout, output } = await capture(command, { cwd: folder });
  if (!success) return output;
  const lacking = symbolsWithoutExample(JSON.parse(stdout).nodes)
    .filter(({ path }) => !isExcused(path))
    .map(({ name, path, line }) => `  ${name}: ${path.split(`${folder}/`).pop()}:${line}`);
  return lacking.length === 0 ? undefined : `Without an @example:\n${lacking.join("\n")}`;
}

function isExcused(path: string): boolean {
  return path.includes("/gen/") ||
    RE_EXPORTED.some((name) => path.includes(`/node_modules/${name}/`));
}

Deno.exitCode = await main(Deno.args);
