import { bundleForNode } from "./_bundle.ts";
import { JOBS } from "./_jobs.ts";
import { parseBunReport, parseDenoReport, parseNodeReport, type TestCase } from "./_junit.ts";
import { run, type RunResult } from "./_run.ts";
import type { FoundRuntime, Runtime } from "./_runtimes.ts";

/** A suite that takes longer than this hangs. */
const SUITE_TIMEOUT_MS = 15 * 60_000;

/** One test may take this long, in milliseconds. */
const TEST_TIMEOUT_MS = 240_000;

/** What one run of the suite is made of. */
export interface Suite {
  runtime: FoundRuntime;
  /** Test files by their path from the project's folder. */
  files: string[];
  /** Environment of the tests. */
  env: Record<string, string>;
}

/** How the suite went on one runtime. */
export interface SuiteResult {
  runtime: Runtime;
  passed: TestCase[];
  failed: TestCase[];
  skipped: TestCase[];
  /** What went wrong outside of any test; each one counts as a failure. */
  problems: string[];
  durationMs: number;
}

/** Runs the suite on one runtime; its output goes to the terminal as it comes. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  const startedAt = performance.now();
  const { ended, cases, problems } = await RUN[suite.runtime.name](suite);
  const withOutcome = (outcome: string) => cases.filter((test) => test.outcome === outcome);
  const failed = withOutcome("failed");
  if (!ended.success && failed.length + problems.length === 0) {
    problems.push(`the test runner ended with status ${ended.code} though no test failed`);
  }
  return {
    runtime: suite.runtime.name,
    passed: withOutcome("passed"),
    failed,
    skipped: withOutcome("skipped"),
    problems,
    durationMs: performance.now() - startedAt,
  };
}

/** A run as its runner reports it. */
interface Report {
  ended: RunResult;
  cases: TestCase[];
  problems: string[];
}

const RUN: Record<Runtime, (suite: Suite) => Promise<Report>> = {
  deno: runOnDeno,
  bun: runOnBun,
  node: runOnNode,
};

async function runOnDeno({ runtime, files, env }: Suite): Promise<Report> {
  await using report = await temporaryFile();
  const ended = await runTests([
    runtime.program,
    "test",
    "-A",
    "--no-check",
    "--parallel",
    `--junit-path=${report.path}`,
    ...files,
  ], { ...env, DENO_JOBS: `${JOBS}` });
  const cases = parseDenoReport(await report.read());
  return { ended, cases, problems: silentFiles(files, cases) };
}

async function runOnBun({ runtime, files, env }: Suite): Promise<Report> {
  await using report = await temporaryFile();
  const ended = await runTests([
    runtime.program,
    "test",
    `--parallel=${JOBS}`,
    `--timeout=${TEST_TIMEOUT_MS}`,
    "--reporter=junit",
    `--reporter-outfile=${report.path}`,
    ...files.map((file) => `./${file}`),
  ], env);
  const cases = parseBunReport(await report.read());
  return { ended, cases, problems: silentFiles(files, cases) };
}

async function runOnNode({ runtime, files, env }: Suite): Promise<Report> {
  await using bundles = await bundleForNode(files);
  await using report = await temporaryFile();
  const runnable = files.filter((file) => !bundles.broken.includes(file));
  const ended = await runTests([
    runtime.program,
    "--enable-source-maps",
    "--test",
    `--test-concurrency=${JOBS}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    `--test-reporter-destination=${report.path}`,
    ...runnable.map(bundles.pathOf),
  ], { ...env, SHIZUKU_NODE_BUNDLES: bundles.folder });
  const all = parseNodeReport(await report.read());
  // Node reports a file that crashed, or that holds no test, as one test named by its path.
  const paths = new Map(runnable.map((file) => [bundles.pathOf(file), file]));
  const dead = all.flatMap(({ name }) => paths.get(name) ?? []);
  return {
    ended,
    cases: all.filter(({ name }) => !paths.has(name)),
    problems: [
      ...bundles.broken.map((file) => `${file} cannot be bundled`),
      ...dead.map((file) => `${file} crashed or holds no test`),
    ],
  };
}

async function runTests(command: string[], env: Record<string, string>): Promise<RunResult> {
  return await run(command, { env, timeoutMs: SUITE_TIMEOUT_MS });
}

/** Names the files of which the report says nothing: they crashed, or hold no test. */
function silentFiles(files: string[], cases: TestCase[]): string[] {
  const heard = new Set(cases.map(({ file }) => file?.replace(/^\.\//, "")));
  const silent = files.filter((file) => !heard.has(file));
  return silent.map((file) => `${file} crashed or holds no test`);
}

/** A file for a report; empty if the runner did not get to write it. */
interface TemporaryFile extends AsyncDisposable {
  path: string;
  read(): Promise<string>;
}

async function temporaryFile(): Promise<TemporaryFile> {
  const path = await Deno.makeTempFile({ suffix: ".xml" });
  return {
    path,
    read: () => Deno.readTextFile(path),
    [Symbol.asyncDispose]: () => Deno.remove(path),
  };
}
