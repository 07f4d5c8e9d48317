import assert from "node:assert/strict";
import { test } from "node:test";
import { type CellOptions, runCell } from "./locks/_cell.ts";
import { bundleContender, type Mutant, MUTANTS, UNCHANGED } from "./locks/_mutants.ts";

type Scenario = Omit<CellOptions, "script">;

/** Processes are killed and frozen, many requests are given up. */
const CRASHES: Scenario = {
  processes: 4,
  durationMs: 6_000,
  ttlMs: 1_500,
  readShare: 0.5,
  abortShare: 0.2,
  contenderFaultMs: 800,
};

const HASTY = { abortShare: 1, thinkMs: 5_000, workers: 8, hasOwnSessions: true };

/** Many give up at once, and what they have asked for arrives when they think of something else. */
const LATE_WRITES: Scenario = {
  processes: 3,
  durationMs: 3_000,
  ttlMs: 4_000,
  readShare: 0,
  abortShare: 0,
  workers: 1,
  thinkMs: 2_000,
  each: { 1: HASTY, 2: HASTY },
  proxy: {
    toServer: ({ line, payload }) =>
      line.startsWith("HPUB $KV") && /contender [1-9]/.test(payload) ? 1_000 : "pass",
  },
};

/** Many renewals, and slow pushes, which do no harm. */
const SLOW_PUSHES: Scenario = {
  processes: 5,
  durationMs: 4_000,
  ttlMs: 2_500,
  readShare: 0,
  abortShare: 0,
  holdMs: 100,
  longHoldMs: 100,
  proxy: { toClient: ({ line }) => line.startsWith("HMSG shizuku.kv.") ? 20 : "pass" },
};

/** Whoever writes often has the occasion to take others for dead. */
const BUSY = { abortShare: 0.5, thinkMs: 100 };

/** The wall clocks of some are set by an hour again and again; two run fast and slow. */
const CLOCKS: Scenario = {
  processes: 5,
  durationMs: 4_000,
  ttlMs: 2_500,
  readShare: 0,
  abortShare: 0,
  holdMs: 300,
  longHoldMs: 300,
  each: {
    0: { ...BUSY, clock: { jumpMs: 3_600_000, everyMs: 150 } },
    1: { ...BUSY, clock: { jumpMs: 3_600_000, everyMs: 200 } },
    2: { clock: { jumpMs: -3_600_000, everyMs: 500 } },
    3: { clock: { rate: 1.2 } },
    4: { clock: { rate: 0.8 } },
  },
};

const SCENARIOS = { CRASHES, LATE_WRITES, SLOW_PUSHES, CLOCKS };

const BROKEN: [Mutant, Scenario][] = [
  [MUTANTS.noForcedLeave, LATE_WRITES],
  // More renewals than a design that works could bear on a busy machine.
  [MUTANTS.blindRenewal, { ...SLOW_PUSHES, ttlMs: 800 }],
  [MUTANTS.hastyObserver, CLOCKS],
];

/** Once is enough on a machine that has the time. On one that has not, it is tried again. */
const TRIES = 8;

/** What a machine that is too busy to renew a short lease does not explain. */
function isTelling(violation: string): boolean {
  return !violation.includes("could not be renewed");
}

async function run(scenario: Scenario): Promise<readonly string[]> {
  await using bundle = await bundleContender(UNCHANGED);
  return (await runCell({ script: bundle.path, ...scenario })).violations;
}

async function runBroken(mutant: Mutant, scenario: Scenario): Promise<readonly string[]> {
  await using bundle = await bundleContender(mutant);
  for (let tries = 1; tries <= TRIES; tries++) {
    const { violations } = await runCell({ script: bundle.path, ...scenario });
    if (violations.some(isTelling)) return violations;
  }
  return [];
}

/** They mostly wait, so two run at a time; the first one who wants a result starts them. */
const results = sideBySide(2, [
  ...Object.values(SCENARIOS).map((scenario) => () => run(scenario)),
  ...BROKEN.map(([mutant, scenario]) => () => runBroken(mutant, scenario)),
]);

for (const [index, name] of Object.keys(SCENARIOS).entries()) {
  test(`RwLock among processes: ${name.toLowerCase().replace("_", " ")}`, async () => {
    assert.deepEqual(await results(index), []);
  });
}

for (const [index, [mutant]] of BROKEN.entries()) {
  test(`the harness sees what is wrong with: ${mutant.name}`, async () => {
    const violations = await results(Object.keys(SCENARIOS).length + index);
    assert.ok(violations.length > 0, `nothing was seen in ${TRIES} runs`);
  });
}

/** Runs tasks in their order, so many at a time, from the first call on, which asks for a result. */
function sideBySide<T>(
  width: number,
  tasks: readonly (() => Promise<T>)[],
): (index: number) => Promise<T> {
  const running: Promise<T>[] = [];
  const start = () => {
    const lanes: Promise<unknown>[] = Array.from({ length: width }, () => Promise.resolve());
    for (const task of tasks) {
      const lane = running.length % width;
      const result = lanes[lane]!.then(task);
      running.push(result);
      // Its own test tells; the next in the lane runs all the same.
      lanes[lane] = result.catch(() => {});
    }
  };
  return (index) => {
    if (running.length === 0) start();
    return running[index]!;
  };
}
