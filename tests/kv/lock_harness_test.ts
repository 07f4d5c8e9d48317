import assert from "node:assert/strict";
import { test } from "node:test";
import { type CellOptions, type CellResult, runCell } from "./locks/_cell.ts";
import { bundleContender, type Mutant, MUTANTS, UNCHANGED } from "./locks/_mutants.ts";

type Scenario = Omit<CellOptions, "script">;

/** Processes are killed and frozen, many requests are given up. */
const CRASHES: Scenario = {
  processes: 4,
  durationMs: 5_000,
  ttlMs: 1_000,
  readShare: 0.5,
  abortShare: 0.2,
  contenderFaultMs: 800,
};

/** Most writes arrive so late that nobody waits for them any more, also at the end. */
const LATE_WRITES: Scenario = {
  processes: 6,
  durationMs: 3_000,
  ttlMs: 1_000,
  readShare: 0,
  abortShare: 1,
  proxy: {
    toServer: ({ line }) => /^HPUB \$KV/.test(line) && Math.random() < 0.9 ? 400 : "pass",
  },
};

/** Much hand-off and many renewals, and nothing that goes wrong. */
const CALM: Scenario = {
  processes: 6,
  durationMs: 4_000,
  ttlMs: 400,
  readShare: 0,
  abortShare: 0,
};

/** The wall clocks of two are set by an hour again and again; two run fast and slow. */
const CLOCKS: Scenario = {
  processes: 5,
  durationMs: 4_000,
  ttlMs: 1_500,
  readShare: 0,
  abortShare: 0,
  holdMs: 60,
  clocks: {
    0: { jumpMs: 3_600_000, everyMs: 400 },
    1: { jumpMs: -3_600_000, everyMs: 500 },
    2: { rate: 1.2 },
    3: { rate: 0.8 },
  },
};

async function run(mutant: Mutant, scenario: Scenario): Promise<CellResult> {
  await using bundle = await bundleContender(mutant);
  return await runCell({ script: bundle.path, ...scenario });
}

const SCENARIOS = { CRASHES, LATE_WRITES, CALM, CLOCKS };

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  test(`RwLock among processes: ${name.toLowerCase().replace("_", " ")}`, async () => {
    const { violations, verdict } = await run(UNCHANGED, scenario);
    assert.deepEqual(violations, []);
    assert.ok(verdict.granted.length > 0);
  });
}

const BROKEN: [Mutant, Scenario][] = [
  [MUTANTS.noForcedLeave, LATE_WRITES],
  [MUTANTS.blindRenewal, CALM],
  [MUTANTS.hastyObserver, CLOCKS],
];

for (const [mutant, scenario] of BROKEN) {
  test(`the harness sees what is wrong with: ${mutant.name}`, async () => {
    const { violations } = await run(mutant, scenario);
    assert.notDeepEqual(violations, []);
  });
}
