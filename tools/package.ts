/**
 * Builds the package for npm, and checks it as its users do: packed, installed in a fresh folder,
 * type-checked by TypeScript and run on Node against a real server. `@arethetypeswrong/cli` and
 * `publint` judge its `package.json`.
 *
 * @module
 */
import { buildNpm, NPM_FOLDER } from "./_npm.ts";
import { capture, ROOT, seconds } from "./_run.ts";
import { findRuntime } from "./_runtimes.ts";
import { findNatsServer, installPackages } from "./_setup.ts";

const PROGRAM = `${ROOT}/tests/packaging/consumer/program.ts`;
/** What users have; the newest one builds the package. */
const TYPESCRIPT = "typescript@5.9.3";
const NODE_TYPES = "@types/node@20.19.43";
const JUDGES = [
  ["npx", "-y", "publint@0.3.25", "run", "--strict"],
  ["npx", "-y", "@arethetypeswrong/cli@0.18.5", "--profile", "esm-only"],
];

async function main(): Promise<void> {
  await installPackages();
  const env = { NATS_SERVER: await findNatsServer() };
  const { program: node } = await findRuntime("node");
  const folder = await Deno.makeTempDir({ prefix: "shizuku-npm-" });
  try {
    await step("build", () => buildNpm());
    const archive = await step("pack", () => pack(folder));
    await Promise.all([
      step("judges", async () => {
        for (const judge of JUDGES) await mustRun([...judge, archive], folder);
      }),
      step("install, check and run", () => tryOut(folder, archive, node, env)),
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function pack(folder: string): Promise<string> {
  const output = await mustRun(["npm", "pack", "--json", "--pack-destination", folder], NPM_FOLDER);
  const [{ filename, files, unpackedSize }] = JSON.parse(output.slice(output.indexOf("[")));
  console.log(`${filename}: ${files.length} files, ${unpackedSize.toLocaleString("en")} bytes`);
  return `${folder}/${filename}`;
}

async function tryOut(
  folder: string,
  archive: string,
  node: string,
  env: Record<string, string>,
): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }\n');
  await Deno.copyFile(PROGRAM, `${folder}/program.ts`);
  const packages = [archive, "hono", "@bufbuild/protobuf", "@nats-io/transport-node"];
  await mustRun(["npm", "install", "--no-audit", "--no-fund", ...packages], folder);
  await mustRun(["npm", "install", "--no-audit", "--no-fund", TYPESCRIPT, NODE_TYPES], folder);
  const tsc = [`${folder}/node_modules/.bin/tsc`, "program.ts", ...TSC_OPTIONS];
  await mustRun(
    [...tsc, "--module", "esnext", "--moduleResolution", "bundler", "--noEmit"],
    folder,
  );
  await mustRun([...tsc, "--module", "node16", "--moduleResolution", "node16"], folder);
  const output = await mustRun([node, "program.js"], folder, env);
  if (!/^works$/m.test(output)) throw new Error(`The program did not come to its end:\n${output}`);
}

/** Strict, and with a look at every declaration of ours. */
const TSC_OPTIONS = [
  "--strict",
  "--noUncheckedIndexedAccess",
  "--target",
  "es2022",
  "--lib",
  "es2023,esnext.disposable,dom,dom.iterable,dom.asynciterable",
];

async function mustRun(
  command: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { success, output } = await capture(command, { cwd, env, timeoutMs: 120_000 });
  if (!success) throw new Error(`Failed: ${command.join(" ")}\n${output}`);
  return output;
}

async function step<T>(name: string, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await run();
  console.log(`ok      ${name.padEnd(24)} ${seconds(performance.now() - startedAt).padStart(8)}`);
  return result;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exitCode = 1;
}
