import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createContext, delay, limit, ShizukuError, stack } from "../../src/core/mod.ts";

/** A processor whose calls end when they are told to. */
function gate() {
  const open: (() => void)[] = [];
  const started: number[] = [];
  const process = (n: number) =>
    new Promise<number>((resolve) => {
      started.push(n);
      open.push(() => resolve(n));
    });
  return { open, started, process };
}

const tick = () => delay(0);

test("limit() runs so many at once, and the others in the order in which they came", async () => {
  const { open, started, process } = gate();
  const limited = stack(process, limit({ maxConcurrent: 2 }));
  const calls = [1, 2, 3, 4].map((n) => limited(n, createContext()));
  assert.deepEqual(started, [1, 2]);
  open[1]!();
  await calls[1];
  await tick();
  assert.deepEqual(started, [1, 2, 3]);
  open[0]!();
  await tick();
  assert.deepEqual(started, [1, 2, 3, 4]);
  open[2]!();
  open[3]!();
  assert.deepEqual(await Promise.all(calls), [1, 2, 3, 4]);
});

test("limit() sheds one more than may wait, at once", async () => {
  const { open, process } = gate();
  const limited = stack(process, limit({ maxConcurrent: 1, maxQueued: 1 }));
  const first = limited(1, createContext());
  const second = limited(2, createContext());
  assert.throws(() => limited(3, createContext()), {
    code: "resource_exhausted",
    stage: "pre",
    retryable: true,
    message: "Cannot take the call: 1 run, 1 wait",
  });
  open[0]!();
  await first;
  await tick();
  open[1]!();
  assert.equal(await second, 2);
});

test("limit() gives the place of a call back however it ends", async () => {
  const endings: (() => unknown)[] = [
    () => 1,
    () => {
      throw new Error("sync");
    },
    () => Promise.resolve(1),
    () => Promise.reject(new Error("async")),
  ];
  for (const end of endings) {
    const limited = stack(end, limit({ maxConcurrent: 1, maxQueued: 0 }));
    for (let call = 0; call < 3; call++) {
      try {
        await limited(undefined, createContext());
      } catch (error) {
        assert.match((error as Error).message, /^a?sync$/);
      }
    }
  }
});

test("limit() forgets a waiting call whose signal aborts", async () => {
  const { open, started, process } = gate();
  const limited = stack(process, limit({ maxConcurrent: 1, maxQueued: 2 }));
  const controller = new AbortController();
  const first = limited(1, createContext());
  const waiting = limited(2, createContext({ signal: controller.signal }));
  const third = limited(3, createContext());
  controller.abort(new DOMException("away", "AbortError"));
  await assert.rejects(async () => await waiting, { code: "canceled" });
  await assert.rejects(
    async () => await limited(4, createContext({ signal: AbortSignal.abort() })),
    (error) => ShizukuError.is(error),
  );
  open[0]!();
  await first;
  await tick();
  assert.deepEqual(started, [1, 3]);
  open[1]!();
  assert.equal(await third, 3);
});

test("limit() bounds several processors together", () => {
  const { started, process } = gate();
  const layer = limit({ maxConcurrent: 1 });
  void stack(process, layer)(1, createContext());
  void stack(process, layer)(2, createContext());
  assert.deepEqual(started, [1]);
});

test("limit() never runs more than it may, and runs them all", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.boolean(), { maxLength: 30 }),
      async (maxConcurrent, outcomes) => {
        let running = 0;
        let most = 0;
        const limited = stack(async (fails: boolean) => {
          most = Math.max(most, ++running);
          await Promise.resolve();
          running--;
          if (fails) throw new Error("fails");
        }, limit({ maxConcurrent }));
        const calls = outcomes.map(async (fails) => await limited(fails, createContext()));
        const results = await Promise.allSettled(calls);
        assert.deepEqual(results.map(({ status }) => status === "rejected"), outcomes);
        assert.ok(most <= maxConcurrent);
      },
    ),
    { numRuns: 50 },
  );
});

test("limit() refuses numbers that make no sense", () => {
  assert.throws(() => limit({ maxConcurrent: 0 }), RangeError);
  assert.throws(() => limit({ maxConcurrent: 1, maxQueued: -1 }), RangeError);
});
