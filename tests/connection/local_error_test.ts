import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "@nats-io/nats-core";
import { toLocalError } from "../../src/connection/mod.ts";

/** What an error of another copy of nats-core looks like: same name and fields, another class. */
function foreign(error: Error): Error {
  const copy = new Error(error.message, { cause: error.cause });
  return Object.assign(copy, error, { name: error.name });
}

const ERRORS: { [Name in keyof typeof errors]: Error } = {
  AuthorizationError: new errors.AuthorizationError("no"),
  ClosedConnectionError: new errors.ClosedConnectionError(),
  ConnectionError: new errors.ConnectionError("refused", { cause: new Error("why") }),
  DrainingConnectionError: new errors.DrainingConnectionError(),
  InvalidArgumentError: new errors.InvalidArgumentError("bad"),
  InvalidOperationError: new errors.InvalidOperationError("bad"),
  InvalidSubjectError: new errors.InvalidSubjectError("it's a 'b'"),
  NoRespondersError: new errors.NoRespondersError("a.b"),
  PermissionViolationError: new errors.PermissionViolationError("no", "publish", "a.b", "q"),
  ProtocolError: new errors.ProtocolError("bad"),
  RequestError: new errors.RequestError("failed"),
  TimeoutError: new errors.TimeoutError(),
  UserAuthenticationExpiredError: new errors.UserAuthenticationExpiredError("late"),
};

test("toLocalError() knows every error of nats-core", () => {
  assert.deepEqual(Object.keys(ERRORS).sort(), Object.keys(errors).sort());
});

for (const [name, error] of Object.entries(ERRORS)) {
  test(`toLocalError() makes a foreign ${name} ours`, () => {
    const thrown = foreign(error);
    const local = toLocalError(thrown, errors);
    assert.ok(local instanceof errors[name as keyof typeof errors]);
    const { message, stack, cause } = thrown;
    assert.deepEqual({ ...local }, { ...error });
    assert.deepEqual([local.message, local.stack, local.cause], [message, stack, cause]);
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
