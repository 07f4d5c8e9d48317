import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Component, RunningApp } from "../src/component/mod.ts";
import { eventually } from "./_support/eventually.ts";
import { ROOT } from "./_support/root.ts";
import { startWorld } from "./_support/world.ts";

/** The files of the tour: code blocks that begin with a file's name. */
async function tourFiles(): Promise<Map<string, string>> {
  const readme = await readFile(new URL("README.md", ROOT), "utf8");
  const blocks = readme.matchAll(/```ts[^\n]*\n\/\/ (\S+\.ts)\n(.*?)```/gs);
  return new Map([...blocks].map(([, name, code]) => [name!, code!]));
}

/** Writes and bundles the tour within the project, so that its imports resolve as a user's do. */
async function bundleTour(folder: string, server: string): Promise<void> {
  for (const [name, code] of await tourFiles()) {
    const end = name === "main.ts" ? "export { app, guests, nc };" : "";
    await writeFile(join(folder, name), code.replaceAll("nats://127.0.0.1:4222", server) + end);
  }
  await build({
    entryPoints: ["main.ts", "client.ts"].map((name) => join(folder, name)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20",
    tsconfig: fileURLToPath(new URL("tsconfig.json", ROOT)),
  });
}

/** What the tour's `main.ts` has, and the test needs. */
interface Main {
  default: { request(path: string, init?: RequestInit): Promise<Response> };
  app: RunningApp;
  guests: Component<{ visitsOf(name: string): Promise<number> }>;
  nc: { drain(): Promise<void> };
}

test("the README's tour runs as it is written", async () => {
  await using world = await startWorld();
  const build = fileURLToPath(new URL(".build/", ROOT));
  await mkdir(build, { recursive: true });
  const folder = await mkdtemp(join(build, "readme-"));
  try {
    await bundleTour(folder, world.server.url);
    const { default: http, app, guests, nc } = await load(folder, "main") as Main;
    const response = await http.request("/greet.v1.GreetService/greet", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"name":"Ada"}',
    });
    assert.deepEqual([response.status, await response.json()], [200, { text: "Hello, Ada" }]);
    const reply = await world.nc.request("rpc.greet.v1.GreetService.greet", '{"name":"Bo"}');
    assert.equal(reply.string(), '{"text":"Hello, Bo"}');
    await load(folder, "client"); // greets Ada once more
    await eventually(async () => {
      const { visitsOf } = app.shared(guests);
      assert.deepEqual([await visitsOf("Ada"), await visitsOf("Bo")], [2, 1]);
    });
    await app.stop();
    await nc.drain();
  } finally {
    await rm(folder, { recursive: true });
  }
});

function load(folder: string, name: string): Promise<unknown> {
  return import(pathToFileURL(join(folder, `${name}.mjs`)).href);
}
