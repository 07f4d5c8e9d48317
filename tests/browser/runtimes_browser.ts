/** The cases of `tests/runtimes` in a real browser: `deno task browser`. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { listenHttp } from "../_support/listen_http.ts";
import { startWorld } from "../_support/world.ts";
import { bundleFor } from "../runtimes/_bundle_for.ts";
import { CASE_NAMES, type Outcome } from "../runtimes/_cases.ts";
import { checkColumn } from "../runtimes/_check_column.ts";
import { serveOutside } from "../runtimes/_outside.ts";

/** An empty page. It has to come from this machine, or else it may not speak to this machine. */
const emptyPage = () => new Response("", { headers: { "content-type": "text/html" } });

test("every case works in Chromium", async () => {
  await using world = await startWorld({ websocket: true });
  await using _outside = await serveOutside(world);
  await using http = await listenHttp(emptyPage);
  const content = await bundleFor("_page.ts", { format: "iife", globalName: "runtimes" });
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "chromium",
    args: ["--no-sandbox", "--no-proxy-server"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(http.url);
    await page.addScriptTag({ content });
    const script = `runtimes.run(${JSON.stringify(world.server.wsUrl)})`;
    const outcomes = await page.evaluate<Outcome[]>(script);
    assert.deepEqual(outcomes.map(({ name }) => name), CASE_NAMES);
    await checkColumn("Chromium", { WebSocket: outcomes });
    assert.equal(
      await page.evaluate('runtimes.failure("ws://127.0.0.1:1")'),
      "unavailable: Cannot connect to ws://127.0.0.1:1: the platform does not say why",
    );
  } finally {
    await browser.close();
  }
});
