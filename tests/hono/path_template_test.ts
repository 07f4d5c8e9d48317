import assert from "node:assert/strict";
import { test } from "node:test";
import { pathMatcher } from "../../src/hono/_path_matcher.ts";
import { parsePathTemplate } from "../../src/hono/_path_template.ts";

test("pathMatcher() gives the values of the variables", async (t) => {
  const cases: [string, string, Record<string, string> | undefined][] = [
    ["/v1/books/{name}", "/v1/books/7", { name: "7" }],
    ["/v1/books/{name}", "/v1/books/7/pages", undefined],
    ["/v1/books/{name}", "/v1/books/", undefined],
    ["/v1/books/{name}", "/v2/books/7", undefined],
    ["/v1/books/{name}", "/v1/books/a%2Fb%20c", { name: "a/b c" }],
    ["/v1/books/{name}", "/v1/books/%E0%A4%A", undefined],
    ["/v1/books/{name}:order", "/v1/books/7:order", { name: "7" }],
    ["/v1/books/{name}:order", "/v1/books/7", undefined],
    ["/v1/books/{name}", "/v1/books/7:order", undefined],
    ["/v1/{name=shelves/*/books/*}", "/v1/shelves/1/books/2", { name: "shelves/1/books/2" }],
    ["/v1/{name=shelves/*/books/*}", "/v1/shelves/1/2/books/3", undefined],
    ["/v1/{name=shelves/*}", "/v1/shelves/a%2Fb%20c", { name: "shelves/a%2Fb c" }],
    ["/v1/files/{name=**}", "/v1/files/a/b/c", { name: "a/b/c" }],
    ["/v1/*/x/{book.name}", "/v1/any/x/7", { "book.name": "7" }],
    ["/v1/a.b", "/v1/aXb", undefined],
  ];
  for (const [template, path, wanted] of cases) {
    await t.test(`${template} ${path}`, () => {
      const found = pathMatcher(parsePathTemplate(template)).match(path);
      assert.deepEqual(found && Object.fromEntries(found), wanted);
    });
  }
});

test("parsePathTemplate() refuses what is no path", async (t) => {
  for (const text of ["", "v1/books", "/v1/{}", "/v1/{a b}", "/v1/{name", "/v1/{a={b}}", "/v1/}"]) {
    await t.test(JSON.stringify(text), () => {
      assert.throws(() => parsePathTemplate(text), /^TypeError: Cannot read a path of google.api/);
    });
  }
});

test("pathMatcher() weighs what is written above what may be anything", () => {
  const weights = ["/v1/books/mine", "/v1/books/{name}", "/v1/{name=**}"]
    .map((text) => pathMatcher(parsePathTemplate(text)).weight);
  assert.deepEqual(weights, [...weights].sort((left, right) => right - left));
});
