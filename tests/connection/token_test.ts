import assert from "node:assert/strict";
import { test } from "node:test";
import { readToken } from "../../src/connection/_token.ts";

test("readToken() reads a number up to the next dot, and nothing else", () => {
  const cases: [string, number][] = [
    ["7", 7],
    ["120.5000", 120],
    ["9007199254740991", 9_007_199_254_740_991],
    ["", -1],
    [".5000", -1],
    ["7x", -1],
    ["-7", -1],
    ["x", -1],
  ];
  for (const [token, value] of cases) assert.equal(readToken(`_INBOX.a.${token}`, 9), value, token);
});
