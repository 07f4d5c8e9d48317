import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "@nats-io/nats-core";
import { borderOf, fromNatsError } from "../../src/connection/mod.ts";
import { withUsers } from "../_support/with_users.ts";
import { startWorld } from "../_support/world.ts";
import { answer } from "./_answer.ts";

const IN_TIME = { timeoutMs: 20_000 };
const RESTRICTED = {
  config: withUsers({
    mute: 'publish: { deny: ["secret.>"] }',
    deaf: 'subscribe: { deny: ["_INBOX.>"] }',
    tidy: 'publish: "echo", subscribe: "_INBOX_tidy.>"',
  }),
};

/** Whether an error is the client's way to say that something is not allowed. */
function isViolation(operation: string, subject: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof errors.RequestError);
    assert.ok(error.cause instanceof errors.PermissionViolationError);
    assert.equal(error.cause.operation, operation);
    assert.match(error.message, subject);
    assert.equal(fromNatsError(error, "Cannot call").code, "permission_denied");
    return true;
  };
}

test("Border.call() rejects at once on a subject that the user may not publish to", async () => {
  await using world = await startWorld(RESTRICTED);
  const nc = await world.connect({ user: "mute", pass: "m" });
  const border = borderOf(nc);
  await using _echo = await answer(world.nc, "echo");
  await using _silent = await answer(world.nc, "silent", () => {});
  const other = border.call("silent", "", IN_TIME);
  const startedAt = performance.now();
  const forbidden = [
    border.call("secret.a", "", IN_TIME),
    border.call("secret.a", "", IN_TIME),
    border.call("secret.b", "", IN_TIME),
    border.nc.request("secret.b", "", { timeout: 20_000 }),
  ];
  for (const call of forbidden) {
    await assert.rejects(call, isViolation("publish", /to "secret\.[ab]"/));
  }
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal((await border.call("echo", "allowed", IN_TIME)).string(), "allowed");
  assert.equal(border.inFlight, 1, "the others go on");
  await nc.close();
  await assert.rejects(other);
});

test("Border.call() rejects at once if the user may not hear the inbox", async () => {
  await using world = await startWorld(RESTRICTED);
  const border = borderOf(await world.connect({ user: "deaf", pass: "d" }));
  await using _silent = await answer(world.nc, "silent", () => {});
  for (let round = 0; round < 3; round++) {
    const calls = [
      border.call("silent", "", IN_TIME),
      border.nc.request("silent", "", { timeout: 20_000 }),
    ];
    for (const call of calls) {
      await assert.rejects(call, isViolation("subscription", /to "_INBOX\.[^.]+\.>"/));
    }
  }
  assert.equal(border.inFlight, 0);
});

test("Border.call() fits into permissions for an inbox prefix of one's own", async () => {
  await using world = await startWorld(RESTRICTED);
  const nc = await world.connect({ user: "tidy", pass: "t", inboxPrefix: "_INBOX_tidy" });
  await using _echo = await answer(world.nc, "echo");
  const reply = await borderOf(nc).call("echo", "heard", { ...IN_TIME, replySuffix: "7" });
  assert.equal(reply.string(), "heard");
  await nc.close();
});
