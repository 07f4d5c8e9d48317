import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Code,
  codeOfServiceCode,
  CODES,
  isCode,
  RetryError,
  ShizukuError,
} from "../../src/core/mod.ts";

test("CODES is the table of the sixteen codes", () => {
  const rows = Object.entries(CODES).map(([code, { status, serviceCode, stage, retryable }]) =>
    `${code} ${status} ${serviceCode} ${stage} ${retryable ? "again" : "final"}`
  );
  assert.deepEqual(rows, [
    "invalid_argument 400 400 pre final",
    "failed_precondition 400 400 business final",
    "out_of_range 400 400 business final",
    "unauthenticated 401 401 pre final",
    "permission_denied 403 403 pre final",
    "not_found 404 404 business final",
    "aborted 409 409 business again",
    "already_exists 409 409 business final",
    "resource_exhausted 429 429 pre again",
    "canceled 499 499 call final",
    "unknown 500 500 business again",
    "internal 500 500 business again",
    "data_loss 500 500 business final",
    "unimplemented 501 501 pre final",
    "unavailable 503 503 call again",
    "deadline_exceeded 504 504 call again",
  ]);
});

test("isCode() tells codes from all else", () => {
  for (const code of Object.keys(CODES)) assert.ok(isCode(code));
  for (const value of ["", "toString", "__proto__", "OK", 404, null, undefined]) {
    assert.equal(isCode(value), false);
  }
});

test("codeOfServiceCode() gives the first code of a number", () => {
  const cases: [number, Code][] = [
    [400, "invalid_argument"],
    [404, "not_found"],
    [409, "aborted"],
    [500, "unknown"],
    [503, "unavailable"],
    [418, "unknown"],
    [Number.NaN, "unknown"],
  ];
  for (const [number, code] of cases) assert.equal(codeOfServiceCode(number), code);
});

test("ShizukuError takes what it is not told from the code", () => {
  const error = new ShizukuError("unavailable", "Nobody answers");
  const { name, code, message, stage, retryable, details } = error;
  assert.deepEqual([name, code, message, stage, retryable, details], [
    "ShizukuError",
    "unavailable",
    "Nobody answers",
    "business",
    true,
    [],
  ]);
  assert.equal("cause" in error, false);
  assert.ok(error instanceof Error);
});

test("ShizukuError carries what it is told", () => {
  const details = [{ type: "x.Y", value: new Uint8Array([1]) }];
  const cause = new Error("secret");
  const error = new ShizukuError("internal", "Oh", {
    stage: "post",
    retryable: false,
    details,
    cause,
  });
  assert.deepEqual([error.stage, error.retryable], ["post", false]);
  assert.equal(error.details, details);
  assert.equal(error.cause, cause);
});

test("ShizukuError keeps its cause out of JSON", () => {
  const error = new ShizukuError("internal", "Oh", { cause: new Error("secret") });
  assert.doesNotMatch(JSON.stringify(error), /secret/);
});

test("ShizukuError.is() recognises errors of another copy of the library", () => {
  const copy = Object.assign(new Error("Oh"), { [Symbol.for("shizuku.error")]: true });
  assert.ok(ShizukuError.is(copy));
  assert.ok(ShizukuError.is(new ShizukuError("internal", "Oh")));
  assert.ok(ShizukuError.is(new RetryError([new ShizukuError("internal", "Oh")])));
  for (const value of [new Error("Oh"), null, undefined, "x", { code: "internal" }]) {
    assert.equal(ShizukuError.is(value), false);
  }
});

test("ShizukuError.from() makes one of anything, and says nothing of what it does not know", () => {
  const own = new ShizukuError("not_found", "Oh");
  assert.equal(ShizukuError.from(own), own);
  const cases: [thrown: unknown, code: Code, message: string][] = [
    [new DOMException("x", "AbortError"), "canceled", "The call was canceled"],
    [new DOMException("x", "TimeoutError"), "deadline_exceeded", "The call took too long"],
    [new Error("secret"), "internal", "Internal error"],
    ["secret", "internal", "Internal error"],
    [{ name: 1 }, "internal", "Internal error"],
    [null, "internal", "Internal error"],
    [undefined, "internal", "Internal error"],
  ];
  for (const [thrown, code, message] of cases) {
    const error = ShizukuError.from(thrown, "pre");
    assert.deepEqual([error.code, error.message, error.stage], [code, message, "pre"]);
    assert.equal(error.cause, thrown);
  }
});
