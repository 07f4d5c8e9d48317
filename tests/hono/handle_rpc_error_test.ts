import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorHandler, Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { type Code, ShizukuError } from "../../src/core/mod.ts";
import { handleRpcError } from "../../src/hono/mod.ts";
import { delaysApp, GET_AIRPORT, post } from "./_delays.ts";

/** An app whose middleware throws before the sub-app is reached. */
function throwing(thrown: Error): Hono {
  return new Hono()
    .use(() => Promise.reject(thrown))
    .route("/", delaysApp())
    .onError(handleRpcError satisfies ErrorHandler);
}

test("handleRpcError() answers an HTTPException with its status and the code for it", async (t) => {
  const cases: [ConstructorParameters<typeof HTTPException>[0] & number, Code][] = [
    [400, "invalid_argument"],
    [401, "unauthenticated"],
    [403, "permission_denied"],
    [404, "not_found"],
    [405, "unknown"],
    [408, "deadline_exceeded"],
    [409, "aborted"],
    [412, "failed_precondition"],
    [413, "resource_exhausted"],
    [415, "unknown"],
    [416, "out_of_range"],
    [418, "unknown"],
    [422, "invalid_argument"],
    [429, "resource_exhausted"],
    [500, "internal"],
    [501, "unimplemented"],
    [502, "unavailable"],
    [503, "unavailable"],
    [504, "deadline_exceeded"],
    [507, "unknown"],
  ];
  for (const [status, code] of cases) {
    await t.test(String(status), async () => {
      const exception = new HTTPException(status, { message: "No", cause: new Error("secret") });
      const response = await throwing(exception).request(GET_AIRPORT, post());
      assert.equal(response.status, status);
      assert.equal(response.headers.get("Content-Type"), "application/json");
      assert.deepEqual(await response.json(), { code, message: "No" });
    });
  }
});

test("handleRpcError() keeps the headers of an exception, without those of its body", async () => {
  const app = new Hono()
    .use(bearerAuth({ token: "secret" }))
    .route("/", delaysApp())
    .onError(handleRpcError);
  const response = await app.request(GET_AIRPORT, post());
  assert.equal(response.status, 401);
  assert.match(response.headers.get("WWW-Authenticate") ?? "", /^Bearer/);
  assert.equal(response.headers.get("Content-Type"), "application/json");
  assert.equal((await response.json()).code, "unauthenticated");
});

test("handleRpcError() answers for the limit of Hono's bodyLimit", async () => {
  const app = new Hono()
    .use(bodyLimit({ maxSize: 1 }))
    .route("/", delaysApp())
    .onError(handleRpcError);
  const response = await app.request(GET_AIRPORT, post());
  assert.equal(response.status, 413);
  assert.equal((await response.json()).code, "resource_exhausted");
});

test("handleRpcError() lets an exception redirect", async () => {
  const res = new Response("Moved", { status: 302, headers: { Location: "/login" } });
  const response = await throwing(new HTTPException(302, { res })).request(GET_AIRPORT, post());
  assert.equal(response.status, 302);
  assert.equal(response.headers.get("Location"), "/login");
  assert.equal(await response.text(), "Moved");
});

test("handleRpcError() answers an error of this library", async () => {
  const error = new ShizukuError("aborted", "Again", { cause: new Error("secret") });
  const response = await throwing(error).request(GET_AIRPORT, post());
  assert.equal(response.status, 409);
  assert.deepEqual(await response.json(), { code: "aborted", message: "Again" });
});

test("handleRpcError() leaves out an empty message", async () => {
  const response = await throwing(new ShizukuError("aborted", "")).request(GET_AIRPORT, post());
  assert.deepEqual(await response.json(), { code: "aborted" });
});

test("handleRpcError() hides any other error", async () => {
  const response = await throwing(new Error("password=hunter2")).request(GET_AIRPORT, post());
  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { code: "internal", message: "Internal error" });
});

test("rpc() lets middleware see the error of a call", async () => {
  let seen: Error | undefined;
  const app = new Hono()
    .use(async (c, next) => {
      await next();
      seen = c.error;
    })
    .route("/", delaysApp());
  await app.request(GET_AIRPORT, post('{"iata":"???"}'));
  assert.ok(ShizukuError.is(seen));
  assert.equal(seen.code, "not_found");
});
