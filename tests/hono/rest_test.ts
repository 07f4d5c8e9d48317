import assert from "node:assert/strict";
import { Hono } from "hono";
import { test } from "node:test";
import { rest, rpc } from "../../src/hono/mod.ts";
import { post } from "./_delays.ts";
import { shop, type ShopCall, ShopService } from "./_shop.ts";

function shopApp(calls: ShopCall[] = []) {
  const transport = shop(calls);
  return new Hono().route("/", rest(ShopService, { transport }))
    .route("/", rpc(ShopService, { transport }));
}

/** Fields of a message that were set. */
function setFields(message: unknown): unknown {
  const plain = JSON.stringify(
    message,
    (key, value) =>
      key.startsWith("$") || key === "origin" || value === "" || value === 0 || value === false ||
        value === "0" ||
        (typeof value === "object" && value !== null && Object.keys(value).length === 0)
        ? undefined
        : typeof value === "bigint"
        ? value === 0n ? undefined : String(value)
        : value,
  );
  return JSON.parse(plain);
}

test("rest() binds path, query and body", async (t) => {
  const json = (method: string, body: unknown) => ({ ...post(JSON.stringify(body)), method });
  const cases: [string, RequestInit, string, unknown][] = [
    ["/v1/shelves/1/books/2", {}, "getBook", { name: "shelves/1/books/2" }],
    ["/v1/books/7?mask=pages,inPrint", {}, "getBook", {
      name: "7",
      mask: { paths: ["pages", "in_print"] },
    }],
    ["/v1/books/7?name=8", {}, "getBook", { name: "7" }],
    ["/v1/books/7?nameX=8&author.x=1", {}, "getBook", { name: "7" }],
    ["/v1/books?limit=3&topics=sea&topics=war&binding=BINDING_HARDCOVER", {}, "listBooks", {
      limit: 3,
      topics: ["sea", "war"],
      binding: 2,
    }],
    ["/v1/books?binding=1&author.full_name=Ada%20L&author.born=1815", {}, "listBooks", {
      binding: 1,
      author: { fullName: "Ada L", born: 1815 },
    }],
    ["/v1/books?inPrint=true&in_print=true&price=9&printed=18446744073709551615", {}, "listBooks", {
      inPrint: true,
      price: 9,
      printed: "18446744073709551615",
    }],
    ["/v1/books?since=2001-04-01T09:30:00Z&weight=1.5", {}, "listBooks", {
      since: { seconds: "986117400" },
      weight: 1.5,
    }],
    ["/v1/shelves/s%201/books?dry_run=true", json("POST", { name: "n", pages: 3 }), "createBook", {
      shelf: "s 1",
      book: { name: "n", pages: 3 },
      dryRun: true,
    }],
    [
      "/v1/books/7?mask=name",
      json("PATCH", { book: { name: "8", pages: 3 }, mask: "pages" }),
      "updateBook",
      { book: { name: "7", pages: 3 }, mask: { paths: ["pages"] } },
    ],
    ["/v1/books/7", json("PUT", {}), "updateBook", { book: { name: "7" } }],
    ["/v1/books/7?force=true", { method: "DELETE" }, "deleteBook", { name: "7", force: true }],
    ["/v1/books/7:order?copies=2", json("POST", undefined), "orderBook", {
      name: "7",
      copies: 2,
    }],
    ["/v1/files/a/b?copies=2", { method: "SEARCH" }, "orderBook", { name: "a/b", copies: 2 }],
  ];
  for (const [path, init, method, wanted] of cases) {
    await t.test(`${init.method ?? "GET"} ${path}`, async () => {
      const calls: ShopCall[] = [];
      const response = await shopApp(calls).request(path, init);
      assert.equal(response.status, 200, await response.clone().text());
      assert.deepEqual(calls.map((call) => call.method), [method]);
      assert.deepEqual(setFields(calls[0]!.request), wanted);
    });
  }
});

test("rest() answers in JSON, whole or the field that response_body names", async () => {
  const app = shopApp();
  const book = await app.request("/v1/books/7");
  assert.equal(book.headers.get("Content-Type"), "application/json");
  assert.deepEqual(await book.json(), { name: "7" });
  assert.deepEqual(await (await app.request("/v1/books?limit=1")).json(), [{}]);
  assert.deepEqual(await (await app.request("/v1/books")).json(), []);
});

test("rest() refuses what is no call", async (t) => {
  const cases: [string, RequestInit, number, RegExp][] = [
    ["/v1/books/none", {}, 404, /Cannot find book none/],
    ["/v1/books/7", { method: "POST" }, 405, /must be one of GET, PATCH, PUT, DELETE/],
    ["/v1/books?limit=many", {}, 400, /Cannot decode shop.v1.ListBooksRequest/],
    ["/v1/books?in_print=yes", {}, 400, /in_print must be true or false/],
    ["/v1/books?author=Ada", {}, 400, /author is a message: name one of its fields/],
    ["/v1/shelves/1/books", post("{"), 400, /body must be JSON/],
    ["/v1/books/7", { ...post("[]"), method: "PUT" }, 400, /body must be a JSON object/],
    ["/v1/shelves/1/books", post("{}", { "Content-Type": "text/plain" }), 415, /application\/json/],
    ["/v1/books/7:order", { method: "POST" }, 415, /current value is nothing/],
    ["/v1/books/7", { headers: { "Connect-Timeout-Ms": "x" } }, 400, /1 to 10 digits/],
  ];
  for (const [path, init, status, message] of cases) {
    await t.test(`${init.method ?? "GET"} ${path}`, async () => {
      const response = await shopApp().request(path, init);
      assert.equal(response.status, status);
      assert.match((await response.json()).message, message);
    });
  }
});

test("rest() works below any base path, and leaves other paths to the app", async () => {
  const transport = shop();
  for (const base of ["/", "/api", "/:tenant/api"]) {
    const app = new Hono().route(base, rest(ShopService, { transport }))
      .get("/:rest{.+}", (c) => c.text("other"));
    const prefix = base.replace(":tenant", "acme").replace(/\/$/, "");
    assert.deepEqual(await (await app.request(`${prefix}/v1/books/7`)).json(), { name: "7" });
    assert.equal(await (await app.request(`${prefix}/v1/authors/7`)).text(), "other");
  }
});

test("rest() serves only what is exposed", async () => {
  const app = rest(ShopService, { transport: shop(), expose: ["shop.v1.ShopService/GetBook"] });
  assert.equal((await app.request("/v1/books/7")).status, 200);
  assert.equal((await app.request("/v1/books")).status, 404);
});

test("rest() refuses GET for a method with side effects", () => {
  const methods = ShopService.methods.map((method) =>
    method.name === "GetBook" ? { ...method, idempotency: undefined } : method
  ) as typeof ShopService["methods"];
  const service = { ...ShopService, methods };
  assert.throws(() => rest({ contracts: [service], transport: shop() }), {
    name: "TypeError",
    message: /GetBook .* must have idempotency_level = NO_SIDE_EFFECTS$/,
  });
});
