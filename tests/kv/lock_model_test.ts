import assert from "node:assert/strict";
import { test } from "node:test";
import { type ModelOptions, searchModel } from "./locks/_model.ts";
import { MODEL_CASES, rounds } from "./locks/_model_cases.ts";

for (const { name, ...options } of MODEL_CASES.filter(({ isLarge }) => !isLarge)) {
  test(`the design, searched exhaustively: ${name}`, () => {
    assert.equal(searchModel(options).violation, undefined);
  });
}

const BROKEN: [broken: ModelOptions["broken"], modes: string, what: RegExp][] = [
  ["heartbeats restart", "w w,w", /^(two hold|fences out of order|nobody gets any further)/],
  ["no forced leave", "w,w", /^a ticket of one who has left/],
  ["hasty observer", "w,w", /^two hold/],
  ["blind renewal", "w,w,w", /./],
];

for (const [broken, modes, what] of BROKEN) {
  test(`the search finds what is wrong with: ${broken}`, () => {
    const budget = { crashes: 0, unknowns: 1, silences: 1 };
    const { violation } = searchModel({ rounds: rounds(modes), ...budget, broken });
    assert.match(violation ?? "nothing", what);
  });
}
