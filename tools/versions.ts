/**
 * Tests that the library works with the lowest versions of its dependencies that `deno.json` names,
 * and with the newest that it allows: each in a copy of the project, without a lock file.
 *
 * `versions.ts [lowest|newest]`, without a word both.
 *
 * @module
 */
import { copyProject } from "./_copy.ts";
import { capture, DENO, run, seconds } from "./_run.ts";
import { findNatsServer } from "./_setup.ts";

/** Which versions, and what that makes of a range such as `npm:hono@^4.13.0`. */
const ENDS: Record<string, (range: string) => string> = {
  lowest: (range) => range.replace(/@\^(?=[^@]+$)/, "@"),
  newest: (range) => range,
};

/** A part of the suite that uses every dependency in every module. */
const TESTS = [
  "tests/core/trace",
  "tests/core/validate",
  "tests/services/serve",
  "tests/services/transports",
  "tests/consumers/publisher",
  "tests/consumers/hook_test",
  "tests/kv/value",
  "tests/kv/encrypted",
  "tests/component/component_test",
  "tests/hono/rpc",
];

const MODULES = ["core", "services", "consumers", "kv", "component", "hono", "protobuf"];

async function main(words: string[]): Promise<number> {
  const unknown = words.filter((word) => !(word in ENDS));
  if (unknown.length > 0) throw new Error(`Cannot test versions ${unknown}: say lowest or newest`);
  const env = { NATS_SERVER: await findNatsServer() };
  let failures = 0;
  for (const end of words.length > 0 ? words : Object.keys(ENDS)) {
    const startedAt = performance.now();
    const success = await tryVersions(end, env);
    if (!success) failures++;
    const took = seconds(performance.now() - startedAt);
    console.log(`\n${success ? "ok     " : "FAILED "} ${end} versions ${took}`);
  }
  return failures;
}

async function tryVersions(end: string, env: Record<string, string>): Promise<boolean> {
  await using copy = await copyProject();
  const cwd = copy.folder;
  const file = `${cwd}/deno.json`;
  const manifest = JSON.parse(await Deno.readTextFile(file));
  const imports: Record<string, string> = manifest.imports;
  for (const [name, range] of Object.entries(imports)) imports[name] = ENDS[end]!(range);
  await Deno.writeTextFile(file, JSON.stringify({ ...manifest, imports, lock: false }));
  await Deno.remove(`${cwd}/deno.lock`);
  const installed = await capture([DENO, "install", "--quiet"], { cwd });
  if (!installed.success) {
    throw new Error(`Cannot install the ${end} versions:\n${installed.output}`);
  }
  await printVersions(end, imports, cwd);
  const entries = ["mod.ts", ...MODULES.map((folder) => `src/${folder}/mod.ts`)];
  const checked = await run([DENO, "check", "--quiet", ...entries], { cwd });
  const tested = await run([DENO, "run", "-A", "tools/test.ts", "--runtime=deno", ...TESTS], {
    cwd,
    env,
  });
  return checked.success && tested.success;
}

/** Says which versions were installed, of those packages that have a range. */
async function printVersions(
  end: string,
  imports: Record<string, string>,
  folder: string,
): Promise<void> {
  const { imports: ranges } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  );
  console.log(`\n=== ${end} versions ===\n`);
  for (const name of Object.keys(imports)) {
    if (!/@\^/.test(ranges[name])) continue;
    const file = `${folder}/node_modules/${name}/package.json`;
    const { version } = JSON.parse(await Deno.readTextFile(file));
    const lowest = ranges[name].split("^").at(-1);
    if (end === "lowest" && version !== lowest) {
      throw new Error(`Cannot test ${name} ${lowest}: ${version} was installed`);
    }
    console.log(`${name.padEnd(26)} ${version}`);
  }
}

Deno.exitCode = await main(Deno.args);
