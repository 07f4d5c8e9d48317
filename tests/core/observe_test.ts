import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, type Logger, observe, type Process, stack } from "../../src/core/mod.ts";

const error = new Error("mine");
const outcomes: Record<string, Process<number, number>> = {
  "sync success": (n) => n * 2,
  "async success": async (n) => n * 2,
  "sync failure": () => {
    throw error;
  },
  "async failure": async () => {
    throw error;
  },
};

for (const [name, process] of Object.entries(outcomes)) {
  test(`observe() tells of a ${name}, which passes through`, async () => {
    const seen: unknown[] = [];
    const ctx = createContext();
    const observed = stack(
      process,
      observe({
        start: (input, context) => seen.push("start", input, context === ctx),
        end: (output, context, ms) => seen.push("end", output, context === ctx, ms >= 0),
        error: (thrown, context, ms) => seen.push("error", thrown, context === ctx, ms >= 0),
      }),
    );
    const result = await Promise.allSettled([(async () => await observed(21, ctx))()]);
    const failed = name.endsWith("failure");
    assert.deepEqual(result, [
      failed ? { status: "rejected", reason: error } : { status: "fulfilled", value: 42 },
    ]);
    const end = failed ? ["error", error, true, true] : ["end", 42, true, true];
    assert.deepEqual(seen, ["start", 21, true, ...end]);
  });
}

test("observe() logs what an observer throws, and goes on", async () => {
  const logged: unknown[] = [];
  const note = (message: string) => void logged.push(message);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const fail = () => {
    throw error;
  };
  const observed = stack(async (n: number) => n, observe({ start: fail, end: fail }));
  assert.equal(await observed(1, createContext({ logger })), 1);
  assert.deepEqual(logged, Array(2).fill("Observer failed: {error}"));
});

test("observe() runs a thenable once", async () => {
  let runs = 0;
  const lazy: PromiseLike<number> = {
    then: (resolve, reject) => Promise.resolve(++runs).then(resolve, reject),
  };
  const observed = stack(() => lazy, observe({ end: () => {} }));
  assert.equal(await observed(undefined, createContext()), 1);
  assert.equal(runs, 1);
});
