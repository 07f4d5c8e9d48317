import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "@nats-io/nats-core";
import { toLocalError } from "../../src/connection/mod.ts";

/** What an error of another copy of nats-core looks like: same name and fields, another class. */
function foreign(error: Error): Error {
  const copy = new Error(error.message, { cause: error.cause });
  return Object.assign(copy, error, { name: error.name });
}

const CASES: Record<string, Error> = {
  NoRespondersError: new errors.NoRespondersError("a.b"),
  TimeoutError: new errors.TimeoutError(),
  ClosedConnectionError: new errors.ClosedConnectionError(),
  DrainingConnectionError: new errors.DrainingConnectionError(),
  PermissionViolationError: new errors.PermissionViolationError("no", "publish", "a.b"),
};

for (const [name, error] of Object.entries(CASES)) {
  test(`toLocalError() makes a foreign ${name} ours`, () => {
    const local = toLocalError(foreign(error), errors);
    assert.ok(local instanceof errors[name as keyof typeof errors]);
    assert.equal(local.message, error.message);
    assert.equal(toLocalError(error, errors), error, "one of ours stays as it is");
  });
}

test("toLocalError() translates the cause of a RequestError, which JetStream looks at", () => {
  const cause = foreign(new errors.NoRespondersError("a.b"));
  const local = toLocalError(foreign(new errors.RequestError("failed", { cause })), errors);
  assert.ok(local instanceof errors.RequestError);
  assert.ok(local.isNoResponders());
});

test("toLocalError() passes through what is not an error of nats-core", () => {
  for (const thrown of [new TypeError("x"), undefined, null, "text", { name: "constructor" }]) {
    assert.equal(toLocalError(thrown, errors), thrown);
  }
});
