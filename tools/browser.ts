/**
 * Runs the tests that need a browser, with Chromium.
 *
 * `browser.ts [--install] [FILTER…]`, where a filter is a part of a file's path. With `--install` a missing Chromium is installed by apt-get, as the
 * continuous integration does. The variable `CHROMIUM` names another program.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { bundleForNode } from "./_bundle.ts";
import { filterFiles } from "./_files.ts";
import { capture, mustRun, run } from "./_run.ts";
import { findRuntime } from "./_runtimes.ts";
import { findNatsServer, installPackages } from "./_setup.ts";

const TESTS = [
  "tests/browser/flights_browser.ts",
  "tests/browser/reference_browser.ts",
  "tests/browser/runtimes_browser.ts",
];
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { install: { type: "boolean", default: false } },
  });
  const tests = filterFiles(TESTS, positionals);
  await installPackages();
  const env = { CHROMIUM: await findChromium(values.install), NATS_SERVER: await findNatsServer() };
  const { program } = await findRuntime("node");
  // Playwright speaks to the browser through pipes that only Node has.
  await using bundles = await bundleForNode(tests);
  const variables = { ...env, SHIZUKU_NODE_BUNDLES: bundles.folder };
  const command = [program, "--test", "--test-timeout=120000", ...tests.map(bundles.pathOf)];
  return (await run(command, { env: variables })).success ? 0 : 1;
}

async function findChromium(mayInstall: boolean): Promise<string> {
  const given = Deno.env.get("CHROMIUM");
  const names = given ? [given] : NAMES;
  for (const name of names) {
    const { success, stdout } = await capture(["sh", "-c", 'command -v "$0"', name]);
    if (success) return stdout.trim();
  }
  if (mayInstall && given === undefined) {
    console.log("Installing Chromium with apt-get ...");
    const options = { env: { DEBIAN_FRONTEND: "noninteractive" } };
    await mustRun(["apt-get", "update", "-q"], options);
    await mustRun(
      ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"],
      options,
    );
    return await findChromium(false);
  }
  throw new Error(
    `Cannot find a browser: install chromium, or name one by CHROMIUM (tried ${names.join(", ")})`,
  );
}

Deno.exitCode = await main(Deno.args);
