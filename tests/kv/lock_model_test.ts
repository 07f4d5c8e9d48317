import assert from "node:assert/strict";
import { test } from "node:test";
import type { LockMode } from "../../src/kv/mod.ts";
import { type ModelOptions, searchModel } from "./locks/_model.ts";

const MODES = { r: "read", w: "write" } as const;

/** `w r,w,r`: the first session asks twice. */
function rounds(text: string): LockMode[][] {
  return text.split(",").map((one) => one.trim().split(" ").map((key) => MODES[key as "r" | "w"]));
}

const BUDGETS: [name: string, budget: Omit<ModelOptions, "rounds">][] = [
  ["crash", { crashes: 1, unknowns: 0, silences: 0 }],
  ["crash and unknown outcome", { crashes: 1, unknowns: 1, silences: 0 }],
  ["two unknown outcomes", { crashes: 0, unknowns: 2, silences: 0 }],
  ["one is taken for dead", { crashes: 0, unknowns: 0, silences: 1 }],
  ["one is taken for dead, unknown outcome", { crashes: 0, unknowns: 1, silences: 1 }],
];

for (const [name, budget] of BUDGETS) {
  test(`the design, searched exhaustively: ${name}`, () => {
    let states = 0;
    for (const modes of ["w,w,w", "r,w,w", "r,r,w", "r,r,r"]) {
      const result = searchModel({ rounds: rounds(modes), ...budget });
      assert.equal(result.violation, undefined, modes);
      states += result.states;
    }
    console.log(name, states);
  });
}

test("the design, searched exhaustively: sessions that leave and come back", () => {
  for (const modes of ["w w,w", "w r,w", "r w,w w", "w w,r r"]) {
    for (const budget of [{ crashes: 1, unknowns: 1, silences: 1 }]) {
      const result = searchModel({ rounds: rounds(modes), ...budget });
      console.log(modes, result.states);
      assert.equal(result.violation, undefined, modes);
    }
  }
});

const BROKEN: [broken: ModelOptions["broken"], modes: string, what: RegExp][] = [
  ["heartbeats restart", "w w,w,w", /^two hold/],
  ["no forced leave", "w,w", /^a ticket of one who has left/],
  ["hasty observer", "w,w", /^two hold/],
  ["blind renewal", "w,w,w", /./],
];

for (const [broken, modes, what] of BROKEN) {
  test(`the search finds what is wrong with: ${broken}`, () => {
    const budget = { crashes: 0, unknowns: 1, silences: 1 };
    const { violation } = searchModel({ rounds: rounds(modes), ...budget, broken });
    console.log(violation);
    assert.match(violation ?? "", what);
  });
}
