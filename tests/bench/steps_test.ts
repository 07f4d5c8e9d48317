import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bench, BENCHES } from "../../bench/frame/benches.ts";
import { describeOutcomes, measureAll, type Step, stepsOf } from "../../bench/frame/steps.ts";

const [rpc, size] = ["rpc", "size"].map((name) =>
  BENCHES.find((bench) => bench.name === name)!
) as [
  Bench,
  Bench,
];

test("stepsOf() takes each bench to the runtimes that it makes sense on", () => {
  const names = stepsOf([rpc, size], ["deno", "bun"]).map(({ bench, runtime }) =>
    `${bench.name} ${runtime}`
  );
  assert.deepEqual(names, ["rpc deno", "rpc bun", "size deno"]);
});

test("measureAll() goes on when one fails, whichever way, and tells it at the end", async () => {
  const taken: string[] = [];
  const take = ({ runtime }: Step): Promise<string[]> => {
    taken.push(runtime);
    if (runtime === "deno") throw new Error("no such file");
    if (runtime === "bun") return Promise.reject(new TypeError("no runtime"));
    return Promise.resolve(["rpc_bench.ts failed"]);
  };
  const steps = [...stepsOf([rpc], ["deno", "bun", "node"]), ...stepsOf([size], ["deno"])];
  const outcomes = await measureAll(
    steps,
    { isQuick: true },
    (step) => step.bench === size ? Promise.resolve([]) : take(step),
  );
  assert.deepEqual(taken, ["deno", "bun", "node"]);
  assert.deepEqual(outcomes.map(({ problems }) => problems), [
    ["no such file"],
    ["no runtime"],
    ["rpc_bench.ts failed"],
    [],
  ]);
  const lines = describeOutcomes(outcomes).split("\n");
  assert.match(lines[0]!, /^FAILED +0 s {2}rpc on deno$/);
  assert.match(lines[3]!, /^done +0 s {2}size on deno$/);
  assert.match(lines[4]!, /^1 of 4 done in 0 s$/);
  assert.deepEqual(lines.slice(5), [
    "  no such file, on deno",
    "  no runtime, on bun",
    "  rpc_bench.ts failed, on node",
  ]);
});
