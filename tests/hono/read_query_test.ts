import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePercent, readQuery } from "../../src/hono/_read_query.ts";

test("readQuery() reads values as they were written", async (t) => {
  const cases: [string, [string, string][]][] = [
    ["/path", []],
    ["/path?", [["", ""]]],
    ["/path?a=1&b", [["a", "1"], ["b", ""]]],
    ["/path?a=%ff=&a=2", [["a", "%ff="]]],
    ["/path?a=1#b=2", [["a", "1"]]],
    ["/path?a=?&b=2", [["a", "?"], ["b", "2"]]],
  ];
  for (const [url, entries] of cases) {
    await t.test(url, () => assert.deepEqual([...readQuery(url)], entries));
  }
});

test("decodePercent() keeps what is no escape", () => {
  const cases = { "": "", "%": "%", "%4": "%4", "%zz": "%zz", "100%+a": "100% a", "%41%2B": "A+" };
  for (const [written, wanted] of Object.entries(cases)) {
    assert.equal(new TextDecoder().decode(decodePercent(written)), wanted);
  }
});

test("decodePercent() gives back any bytes", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const written = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    assert.deepEqual([...decodePercent(written)], [...bytes]);
  }));
});

test("decodePercent() gives back any text", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    assert.equal(new TextDecoder().decode(decodePercent(encodeURIComponent(text))), text);
  }));
});
