import * as fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasUniqueNames } from "../../src/services/_has_unique_names.ts";

const check = (text: string) => hasUniqueNames(text, JSON.parse(text));

test("hasUniqueNames() sees names that are there twice, however they are written", () => {
  const rows: [text: string, isUnique: boolean][] = [
    ["{}", true],
    ["7", true],
    ["null", true],
    ['"a:b"', true],
    ['{"a":1,"b":{"a":2}}', true],
    ['[{"a":1},{"a":2}]', true],
    ['{ "a" \t\r\n : ":", "b":"\\":\\\\" }', true],
    ['{"a\\\\":1,"a\\"":"x\\\\\\"y"}', true],
    ['{"__proto__":1,"constructor":2}', true],
    ['{"a":1,"a":2}', false],
    ['{"a":1, "a" : 2}', false],
    ['{"a":1,"\\u0061":2}', false],
    ['{"b":[0,{"a":1,"a":2}]}', false],
    ['{"__proto__":1,"__proto__":2}', false],
    ['{"":1,"":2}', false],
  ];
  for (const [text, isUnique] of rows) assert.equal(check(text), isUnique, text);
});

test("hasUniqueNames() lets pass whatever JSON.stringify() writes", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert(check(text), text);
    }),
  );
});

test("hasUniqueNames() refuses whatever has one member more", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
      const [name] = Object.keys(value);
      const text = JSON.stringify(value).replace("{", () => `{${JSON.stringify(name)}:0,`);
      assert(!check(text), text);
    }),
  );
});
