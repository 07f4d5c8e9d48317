/**
 * Runs the official conformance suite of the Connect protocol against `rpc()`, within the process
 * and over NATS.
 *
 * `conformance.ts [--runtime=deno,bun,node] [-- ARGUMENTS…]`, where the arguments are for the
 * runner, such as `--run PATTERN` and `--trace`.
 *
 * The runner is a Go program. It is built once, which takes a minute, and kept in `.cache`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { startNatsServer } from "../src/dev/mod.ts";
import { bundleForNode } from "./_bundle.ts";
import { BUF } from "./_gen.ts";
import { capture, ROOT, run } from "./_run.ts";
import { findRuntime, type FoundRuntime, parseRuntimes } from "./_runtimes.ts";
import { findNatsServer, installPackages } from "./_setup.ts";

const MODULE = "connectrpc.com/conformance";
const VERSION = "v1.0.7";
const FOLDER = `${ROOT}/.cache/conformance/${VERSION}`;
const SERVER = "tests/conformance/server_process.ts";
const CONFIG = "tests/conformance/config.yaml";

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { runtime: { type: "string" } },
  });
  await installPackages();
  const runner = await findRunner();
  const descriptors = await findDescriptors();
  const runtimes = await Promise.all(parseRuntimes(values.runtime).map(findRuntime));
  Deno.env.set("NATS_SERVER", await findNatsServer());
  await using nats = await startNatsServer({ jetstream: false, onProgress: () => {} });
  let failures = 0;
  for (const runtime of runtimes) {
    await using bundles = runtime.name === "node" ? await bundleForNode([SERVER]) : undefined;
    const command = [...commandFor(runtime, bundles?.pathOf(SERVER) ?? SERVER), descriptors];
    for (const [way, more] of [["within the process", []], ["over NATS", [nats.url]]] as const) {
      console.log(`\n=== ${runtime.name} ${runtime.version}, ${way} ===\n`);
      const options = ["--mode", "server", "--conf", CONFIG, ...positionals];
      const { success } = await run([runner, ...options, "--", ...command, ...more]);
      if (!success) failures++;
    }
  }
  return failures === 0 ? 0 : 1;
}

function commandFor({ name, program }: FoundRuntime, path: string): string[] {
  return name === "deno" ? [program, "run", "-A", "--no-check", path] : [program, path];
}

/** The runner, built if need be. */
async function findRunner(): Promise<string> {
  const path = `${FOLDER}/connectconformance`;
  if (await exists(path)) return path;
  console.log(`Building ${MODULE} ${VERSION} with Go, which takes a minute ...`);
  await Deno.mkdir(FOLDER, { recursive: true });
  const program = `${MODULE}/cmd/connectconformance@${VERSION}`;
  const env = { GOBIN: FOLDER, CGO_ENABLED: "0" };
  const { success, output } = await capture(["go", "install", program], { env });
  if (!success) throw new Error(`Cannot build the runner:\n${output}`);
  return path;
}

/** The descriptors of the suite's service, built from the .proto files that come with it. */
async function findDescriptors(): Promise<string> {
  const path = `${FOLDER}/service.binpb`;
  if (await exists(path)) return path;
  const { success, stdout, output } = await capture(
    ["go", "mod", "download", "-json", `${MODULE}@${VERSION}`],
  );
  if (!success) throw new Error(`Cannot find ${MODULE}:\n${output}`);
  const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
  const built = await capture([BUF, "build", `${folder}/proto`, "--output", path]);
  if (!built.success) throw new Error(`Cannot read the suite's .proto files:\n${built.output}`);
  return path;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.exitCode = await main(Deno.args);
