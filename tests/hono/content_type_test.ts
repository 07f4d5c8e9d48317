import assert from "node:assert/strict";
import { test } from "node:test";
import { toContentType } from "../../src/hono/_content_type.ts";

const known = new Map([["application/json", 1], ["application/proto", 2], ["x/y; z=Ä", 3]]);

test("toContentType() finds what the caller means", async (t) => {
  const cases: [string | undefined, string | undefined][] = [
    ["application/json", "application/json"],
    ["Application/JSON", "application/json"],
    ["application/json;charset=utf-8", "application/json"],
    ["application/json; charset=UTF-8", "application/json"],
    ['application/json ; charset="utf8";', "application/json"],
    ["application/proto", "application/proto"],
    ["x/y; z=Ä", "x/y; z=Ä"],
    ["application/json; charset=latin1", undefined],
    ["application/json; profile=x", undefined],
    ["application/jsonx", undefined],
    ["application/connect+json", undefined],
    ["text/json", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [asked, wanted] of cases) {
    await t.test(String(asked), () => assert.equal(toContentType(asked, known), wanted));
  }
});
