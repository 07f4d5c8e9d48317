/**
 * The same cases on every runtime: on the one that runs this test, over TCP and over a WebSocket,
 * and in workerd. In Chromium they run by `deno task browser`.
 */
import { Miniflare } from "miniflare";
import assert from "node:assert/strict";
import { test } from "node:test";
import { startWorld } from "../_support/world.ts";
import { TRANSPORTS } from "../transport/_transports.ts";
import { bundleFor } from "./_bundle_for.ts";
import { CASE_NAMES, type Outcome, runCases } from "./_cases.ts";
import { checkColumn } from "./_check_column.ts";
import { serveOutside } from "./_outside.ts";
import { readColumn, writeTable } from "./_readme_table.ts";

const RUNTIME = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";
const TRANSPORT_NAMES = { deno: "TCP", node: "TCP", ws: "WebSocket" } as const;

test("every case works on this runtime, over TCP and over a WebSocket", async () => {
  await using world = await startWorld({ websocket: true });
  await using _outside = await serveOutside(world);
  const outcomes: Record<string, Outcome[]> = {};
  // Bun and Node share a transport over TCP.
  for (const name of [RUNTIME === "Deno" ? "deno" : "node", "ws"] as const) {
    const { connect, urlOf } = TRANSPORTS.find((transport) => transport.name === name)!;
    const servers = urlOf(world.server);
    outcomes[TRANSPORT_NAMES[name]] = await runCases({ connect, servers });
  }
  await checkColumn(RUNTIME, outcomes);
});

test("every case works in workerd", async () => {
  await using world = await startWorld({ websocket: true });
  await using _outside = await serveOutside(world);
  const worker = new Miniflare({
    modules: true,
    script: await bundleFor("_worker.ts", {
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
    }),
    compatibilityDate: "2026-01-01",
    host: "127.0.0.1",
    bindings: { NATS_URL: world.server.wsUrl! },
  });
  try {
    const response = await fetch(await worker.ready);
    const outcomes = await response.json() as Outcome[];
    assert.deepEqual(outcomes.map(({ name }) => name), CASE_NAMES);
    await checkColumn("workerd", { WebSocket: outcomes });
  } finally {
    await worker.dispose();
  }
});

test("the table of the README is read as it is written", () => {
  const readme = "a\n<!-- what runs where: written by `deno task runtimes` -->\nold\n" +
    "<!-- end of what runs where -->\nb";
  const columns = [
    { runtime: "A", cells: { one: "TCP, WebSocket", two: "no" } },
    { runtime: "B", cells: { one: "WebSocket", two: "WebSocket" } },
  ];
  const written = writeTable(readme, ["one", "two"], columns);
  for (const column of columns) assert.deepEqual(readColumn(written, column.runtime), column);
  assert.equal(writeTable(written, ["one", "two"], columns), written);
  assert.throws(() => readColumn(written, "C"), /Cannot find C/);
  assert.throws(() => readColumn("a", "A"), /Cannot find <!--/);
});
