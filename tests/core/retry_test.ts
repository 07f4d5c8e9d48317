import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createContext,
  type Process,
  retry,
  type RetryError,
  type RetryOptions,
  ShizukuError,
  stack,
} from "../../src/core/mod.ts";

const fast = { initialMs: 1, maxMs: 2 };

/** A processor that fails as often as there are errors, then answers with the tries it took. */
function failing(errors: readonly unknown[], isSync = false): Process<string, number> {
  let tries = 0;
  const run = () => {
    const error = errors[tries++];
    if (error !== undefined) throw error;
    return tries;
  };
  return isSync ? run : async () => run();
}

const unavailable = (message: string) => new ShizukuError("unavailable", message);

test("retry() passes a success through, sync or async", async () => {
  assert.equal(stack(() => 42, retry())("", createContext()), 42);
  assert.equal(await stack(failing([]), retry())("", createContext()), 1);
});

test("retry() tries again what may pass, sync or async", async () => {
  for (const isSync of [true, false]) {
    const process = failing([unavailable("1"), new Error("2")], isSync);
    assert.equal(await stack(process, retry({ backoff: fast }))("", createContext()), 3);
  }
});

test("retry() passes on what is not worth another try, as it was thrown", async () => {
  const cases: [thrown: unknown, options: RetryOptions][] = [
    [new ShizukuError("not_found", "gone"), {}],
    [new ShizukuError("unavailable", "fatal", { retryable: false }), {}],
    [new Error("plain"), { when: () => false }],
    [new Error("only one try"), { attempts: 1 }],
  ];
  for (const [thrown, options] of cases) {
    const process = stack(failing([thrown]), retry({ backoff: fast, ...options }));
    await assert.rejects(
      async () => await process("", createContext()),
      (error) => error === thrown,
    );
  }
});

test("retry() gives up with every error that it saw", async () => {
  const errors = [unavailable("1"), new Error("2"), unavailable("3")];
  const process = stack(failing(errors), retry({ attempts: 3, backoff: fast }));
  await assert.rejects(async () => await process("", createContext()), (error: RetryError) => {
    assert.equal(error.name, "RetryError");
    assert.ok(ShizukuError.is(error));
    assert.equal(error.code, "unavailable");
    assert.equal(error.message, "Gave up after 3 attempts: 3");
    assert.equal(error.retryable, true);
    assert.deepEqual(error.errors.map((each) => each.cause ?? each), errors);
    assert.equal(error.cause, errors[2]);
    return true;
  });
});

test("retry() stops at the first error that is not worth another try", async () => {
  const errors = [unavailable("1"), new ShizukuError("not_found", "2"), unavailable("3")];
  const process = stack(failing(errors), retry({ attempts: 5, backoff: fast }));
  await assert.rejects(async () => await process("", createContext()), (error: RetryError) => {
    assert.deepEqual([error.code, error.errors.length], ["not_found", 2]);
    return true;
  });
});

test("retry() counts on from the caller's attempt", async () => {
  const attempts: number[] = [];
  const process = stack((_: string, ctx) => {
    attempts.push(ctx.attempt);
    if (attempts.length < 3) throw unavailable("again");
    return attempts;
  }, retry({ backoff: fast }));
  assert.deepEqual(await process("", createContext({ attempt: 4 })), [4, 5, 6]);
});

test("retry() does not wait beyond the deadline", async () => {
  const slow = { initialMs: 1e9, maxMs: 1e9 };
  const process = stack(failing([unavailable("1")]), retry({ backoff: slow }));
  using ctx = createContext({ deadline: performance.now() + 30_000 });
  const started = performance.now();
  await assert.rejects(async () => await process("", ctx), { message: "1" });
  assert.ok(performance.now() - started < 15_000);
});

test("retry() ends its wait when the signal aborts", async () => {
  const controller = new AbortController();
  const slow = { initialMs: 60_000, maxMs: 60_000 };
  const process = stack(failing([unavailable("1")]), retry({ backoff: slow }));
  const call = process("", createContext({ signal: controller.signal }));
  setTimeout(() => controller.abort(), 5);
  await assert.rejects(async () => await call, { message: "1" });
});

test("retry() does not try again once the signal has aborted", async () => {
  let tries = 0;
  const process = stack(() => {
    tries++;
    throw unavailable("1");
  }, retry({ backoff: fast }));
  await assert.rejects(async () =>
    await process("", createContext({ signal: AbortSignal.abort() }))
  );
  assert.equal(tries, 1);
});

test("retry() refuses less than one attempt", () => {
  for (const attempts of [0, -1, Number.NaN]) {
    assert.throws(() => retry({ attempts }), {
      name: "RangeError",
      message: `Cannot use layer as attempts must be >= 1: current value is ${attempts}`,
    });
  }
});
