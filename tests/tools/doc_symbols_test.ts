import assert from "node:assert/strict";
import { test } from "node:test";
import { symbolsWithoutExample } from "../../tools/_doc_symbols.ts";

const location = { filename: "file:///a.ts", line: 7 };
const example = { tags: [{ kind: "param" }, { kind: "example" }] };

test("symbolsWithoutExample() lists a symbol once, wherever it is exported", () => {
  const symbol = { name: "bare", declarations: [{ kind: "function", location, jsDoc: {} }] };
  const shown = { name: "shown", declarations: [{ kind: "function", location, jsDoc: example }] };
  const modules = { "a.ts": { symbols: [symbol, shown] }, "mod.ts": { symbols: [symbol] } };
  assert.deepEqual(symbolsWithoutExample(modules), [{
    name: "bare",
    path: "file:///a.ts",
    line: 7,
  }]);
});

test("symbolsWithoutExample() takes one example for all overloads, and passes references over", () => {
  const overloads = [
    { kind: "function", location, jsDoc: example },
    { kind: "function", location: { ...location, line: 9 } },
  ];
  const reference = { name: "other", declarations: [{ kind: "reference", location }] };
  const symbols = [{ name: "on", declarations: overloads }, reference];
  assert.deepEqual(symbolsWithoutExample({ "a.ts": { symbols } }), []);
});
