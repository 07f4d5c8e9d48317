import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "./eventually.ts";

test("eventually() returns what the first attempt that holds returns", async () => {
  let attempts = 0;
  const result = await eventually(() => {
    assert.ok(++attempts >= 3);
    return attempts;
  }, { intervalMs: 1 });
  assert.equal(result, 3);
});

test("eventually() awaits attempts that are async", async () => {
  assert.equal(await eventually(async () => await Promise.resolve("done")), "done");
});

test("eventually() tries as often as it must, when the time is over", async () => {
  let attempts = 0;
  const late = eventually(() => assert.ok(++attempts >= 5), { timeoutMs: 0, minTries: 5 });
  await late;
  const never = eventually(() => assert.fail("no"), { timeoutMs: 0, intervalMs: 1, minTries: 3 });
  await assert.rejects(never, /^Error: Still not after 3 tries/);
});

test("eventually() gives up with the last error and how long it tried", async () => {
  const never = eventually(() => assert.equal(1, 2, "one is not two"), { timeoutMs: 50 });
  await assert.rejects(never, (error: Error) => {
    assert.match(error.message, /^Still not after \d+ tries in \d+ ms: one is not two/);
    assert.ok(error.cause instanceof assert.AssertionError);
    return true;
  });
});
