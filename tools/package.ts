/**
 * Builds the npm package, checks it, and uses it in a fresh folder as a user would.
 *
 * The package is looked at by publint and arethetypeswrong, packed, and installed by npm into an
 * empty folder. There TypeScript checks a program against it, once as Node resolves modules and once
 * as bundlers do, and Node and Bun run the program on a nats-server.
 *
 * @module
 */
import { startNatsServer } from "../src/dev/mod.ts";
import { buildNpmPackage, NPM_PACKAGE, NPM_TOOLS } from "./_npm_package.ts";
import { installPinned, npmInstall } from "./_pinned_packages.ts";
import { mustRun, ROOT, seconds } from "./_run.ts";
import { findRuntime } from "./_runtimes.ts";
import { installPackages } from "./_setup.ts";

const CONSUMER = `${ROOT}/tools/npm/consumer`;
const LIMITED = { timeoutMs: 120_000 };

async function main(): Promise<void> {
  await installPackages();
  const tools = await step("tools", () => installPinned(NPM_TOOLS));
  const bin = `${tools}/node_modules/.bin`;
  await step("build", buildNpmPackage);
  await step("publint", () => mustRun([`${bin}/publint`, "--strict", NPM_PACKAGE], LIMITED));
  const tarball = await step("npm pack", pack);
  await step(
    "are the types wrong",
    // Only ESM is shipped, on purpose: Node 20 can require() it from 20.19 on.
    () => mustRun([`${bin}/attw`, tarball, "--profile", "esm-only"], LIMITED),
  );
  await using folder = await temporaryFolder();
  await step("install", () => install(folder.path, tarball));
  await step("types, as Node resolves", () => checkTypes(folder.path, tools, "nodenext"));
  await step("types, as bundlers do", () => checkTypes(folder.path, tools, "bundler"));
  for (const name of ["node", "bun"] as const) {
    await step(`run on ${name}`, async () => {
      const { program } = await findRuntime(name);
      await using server = await startNatsServer();
      const options = { ...LIMITED, cwd: folder.path, env: { NATS_URL: server.url } };
      console.log((await mustRun([program, "out/main.js"], options)).trim());
    });
  }
}

/** Packs the package; returns the path of the archive. */
async function pack(): Promise<string> {
  const command = ["npm", "pack", "--json", "--pack-destination", `${ROOT}/.build`];
  const [packed] = JSON.parse(await mustRun(command, { ...LIMITED, cwd: NPM_PACKAGE })) as [
    { filename: string },
  ];
  return `${ROOT}/.build/${packed.filename}`;
}

async function install(folder: string, tarball: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }');
  for (const file of ["main.ts", "tsconfig.json"]) {
    await Deno.copyFile(`${CONSUMER}/${file}`, `${folder}/${file}`);
  }
  await npmInstall(folder, [tarball, "hono"]);
}

/** Checks the program against the package; what it emits is run afterwards. */
async function checkTypes(folder: string, tools: string, resolution: string): Promise<void> {
  const module = resolution === "bundler" ? "esnext" : "nodenext";
  const flags = ["--module", module, "--moduleResolution", resolution];
  const types = ["--typeRoots", `${tools}/node_modules/@types`];
  await mustRun([`${tools}/node_modules/.bin/tsc`, "-p", folder, ...flags, ...types], LIMITED);
}

async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "shizuku-consumer-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Does one step and says how long it took. */
async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  const took = seconds(performance.now() - startedAt);
  console.log(`ok  ${name.padEnd(26)} ${took.padStart(8)}`);
  return result;
}

await main();
