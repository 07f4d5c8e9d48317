import * as esbuild from "esbuild";
import { Miniflare } from "miniflare";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { GreetService } from "../../../examples/edge/greet.ts";
import { ShizukuError } from "../../../src/core/mod.ts";
import { serve } from "../../../src/services/mod.ts";
import { eventually } from "../../_support/eventually.ts";
import { ROOT } from "../../_support/root.ts";
import { startWorld, type World } from "../../_support/world.ts";

/** The worker in workerd. */
async function startWorker(world: World): Promise<AsyncDisposable & { url: URL }> {
  const worker = new Miniflare({
    modules: true,
    script: await bundle(),
    compatibilityDate: "2026-01-01",
    host: "127.0.0.1",
    bindings: { NATS_URL: world.server.wsUrl! },
    durableObjects: { GATEWAY: "Gateway" },
  });
  return { url: await worker.ready, [Symbol.asyncDispose]: () => worker.dispose() };
}

async function bundle(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL("examples/edge/worker.ts", ROOT))],
    absWorkingDir: fileURLToPath(ROOT),
    bundle: true,
    format: "esm",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    // Asked for only where the platform has no `crypto` of its own.
    external: ["crypto"],
    write: false,
    logLevel: "error",
  });
  await esbuild.stop();
  return outputFiles[0]!.text;
}

async function greet(base: URL, way: string, name: string): Promise<[number, unknown]> {
  const response = await fetch(new URL(`/${way}/greet.v1.GreetService/greet`, base), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
  return [response.status, await response.json()];
}

async function connections({ server }: World): Promise<number> {
  const reply = await fetch(`${server.monitorUrl}/connz`);
  return (await reply.json() as { num_connections: number }).num_connections;
}

test("the worker calls components over a WebSocket, and leaves no connection behind", async () => {
  await using world = await startWorld({ websocket: true });
  await using _service = await serve(world.nc, GreetService, {
    greet({ name }) {
      if (name === "") throw new ShizukuError("invalid_argument", "Cannot greet nobody");
      return { text: `Hello, ${name}`, by: "the component" };
    },
  });
  await using worker = await startWorker(world);
  const { url } = worker;
  const before = await connections(world);
  for (const way of ["request", "object"]) {
    const names = Array.from({ length: 20 }, (_, index) => `guest ${index}`);
    const answers = await Promise.all(names.map((name) => greet(url, way, name)));
    const wanted = names.map((name) => [200, { text: `Hello, ${name}`, by: "the component" }]);
    assert.deepEqual(answers, wanted, way);
    assert.deepEqual(await greet(url, way, ""), [400, {
      code: "invalid_argument",
      message: "Cannot greet nobody",
    }]);
    // A request's connection ends with it; that of the object stays for the next ones.
    const kept = way === "object" ? 1 : 0;
    await eventually(async () => assert.equal(await connections(world), before + kept));
  }
});
