/**
 * The reference page in a real browser, which is allowed nothing but its style sheet: `deno task
 * browser`.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Hono } from "hono";
import { chromium } from "playwright-core";
import { openapi, reference } from "../../src/hono/openapi.ts";
import { ShopService } from "../hono/_shop.ts";
import { listenHttp } from "../_support/listen_http.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "chromium";

test("the reference page is shown under a strict policy, asks nobody else, and its links open", async () => {
  const app = new Hono()
    .use(async (c, next) => {
      await next();
      c.header("Content-Security-Policy", "default-src 'none'; style-src 'self'");
    })
    .route("/", reference(openapi(ShopService, { title: "Shop" })));
  await using server = await listenHttp(app.fetch as (request: Request) => Promise<Response>);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--no-proxy-server"],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      // Browsers ask for an icon by themselves.
      if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) {
        problems.push(message.text());
      }
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) problems.push(request.url());
    });
    await page.goto(`${server.url}/reference`);
    const width = await page.locator("body").evaluate((body) => getComputedStyle(body).maxWidth);
    assert.equal(width, "900px", "the style counts");
    const pages = page.getByText("continues", { exact: true });
    assert.equal(await pages.isVisible(), false);
    await page.locator("summary", { hasText: "/shop.v1.ShopService/GetBook" }).first().click();
    await page.getByRole("link", { name: "shop.v1.Book" }).locator("visible=true").first().click();
    await pages.waitFor({ state: "visible" });
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});
