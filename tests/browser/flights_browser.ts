/**
 * The page of the example, and a Connect client in it, in a real browser: `deno task browser`.
 *
 * @module
 */
import * as esbuild from "esbuild";
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { startApplication } from "../../examples/flights/application.ts";
import { feed } from "../../examples/flights/feed.ts";
import { eventually } from "../_support/eventually.ts";
import { ROOT } from "../_support/root.ts";
import { startWorld } from "../_support/world.ts";
import type { ClientReport } from "./_connect_client.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "chromium";

/** Flights that are reported before the page opens, and while it is open. */
const FLIGHTS = { before: 100, in: 200 };

test("the page of the flights example shows delays as they arrive, and can call", async () => {
  await using world = await startWorld();
  await using application = await startApplication({ servers: world.server.url, port: 0 });
  const { url } = application;
  await feed({ url, to: FLIGHTS.before });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--no-proxy-server"],
  });
  try {
    const page = await browser.newPage();
    const problems = listen(page);
    await page.goto(url);
    await shows(page, FLIGHTS.before);
    await feed({ url, from: FLIGHTS.before, to: FLIGHTS.in });
    await shows(page, FLIGHTS.in);
    assert.ok(await page.locator("#rows tr").count() > 0, "airports are listed");
    await callsFrom(page);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});

/** Errors of the page, and of its scripts. */
function listen(page: Page): string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  return problems;
}

async function shows(page: Page, flights: number): Promise<void> {
  await eventually(
    async () => assert.equal(await page.locator("#flights").textContent(), String(flights)),
    { timeoutMs: 30_000, intervalMs: 100 },
  );
}

async function callsFrom(page: Page): Promise<void> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL("tests/browser/_connect_client.ts", ROOT))],
    absWorkingDir: fileURLToPath(ROOT),
    bundle: true,
    format: "iife",
    globalName: "client",
    write: false,
  });
  await page.addScriptTag({ content: outputFiles[0]!.text });
  const script = 'client.callFromPage("ORD")';
  const { flights, missing } = await page.evaluate<ClientReport>(script);
  const counts = new Set(Object.values(flights));
  assert.equal(Object.keys(flights).length, 4);
  assert.ok(counts.size === 1 && !counts.has(undefined), JSON.stringify(flights));
  assert.equal(missing, "NotFound");
}
