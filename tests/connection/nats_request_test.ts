import assert from "node:assert/strict";
import { test } from "node:test";
import { errors, headers, type RequestOptions } from "@nats-io/nats-core";
import { borderOf } from "../../src/connection/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { answer } from "./_answer.ts";

type Arguments = [subject: string, payload?: string | Uint8Array, options?: RequestOptions];

/** What a request came to, as far as a caller can tell. */
async function outcome(nc: World["nc"], ...args: Arguments) {
  try {
    const reply = await nc.request(...args);
    return { text: reply.string(), kind: reply.headers?.get("kind") };
  } catch (thrown) {
    const error = thrown as Error;
    const cause = error.cause as Error | undefined;
    const known = Object.values(errors).some((known) => error instanceof known);
    return { name: error.name, message: error.message, cause: cause?.name, known };
  }
}

function request(kind: string): RequestOptions {
  const options: RequestOptions = { timeout: 1_000, headers: headers() };
  options.headers!.set("kind", kind);
  return options;
}

const CASES: Record<string, () => Arguments> = {
  "a reply": () => ["echo", "text"],
  "a reply to bytes": () => ["echo", new Uint8Array([65, 66])],
  "a reply with headers": () => ["echo", "text", request("red")],
  "a reply to an own subscription": () => ["echo", "text", { timeout: 500, noMux: true }],
  "a reply to an own subject": () => {
    return ["echo", "text", { timeout: 500, noMux: true, reply: "my.own" }];
  },
  "a traced request": () => ["echo", "text", { timeout: 500, traceDestination: "traces" }],
  "nobody": () => ["nobody", "text"],
  "nobody on an own subscription": () => ["nobody", "text", { timeout: 500, noMux: true }],
  "silence": () => ["silent", "text", { timeout: 60 }],
  "a time-out of 0": () => ["echo", "text", { timeout: 0 }],
  "a time-out below 0": () => ["echo", "text", { timeout: -1 }],
  "a reply subject alone": () => ["echo", "text", { timeout: 500, reply: "my.own" }],
  "an empty subject": () => ["", "text"],
  "a subject with a space": () => ["a b", "text"],
  "too large a payload": () => ["echo", new Uint8Array(2_000)],
  "a payload that is none": () => ["echo", 7 as unknown as string],
};

test("Border.nc.request() does what the client's does", async (t) => {
  await using world = await startWorld({ maxPayload: 1_000 });
  const { nc } = borderOf(world.nc);
  await using _echo = await answer(world.nc, "echo", (message) => {
    const { headers } = message;
    message.respond(message.data, headers === undefined ? {} : { headers });
  });
  await using _silent = await answer(world.nc, "silent", () => {});
  for (const [name, args] of Object.entries(CASES)) {
    await t.test(name, async () => {
      // Again if one of them was answered too late.
      await eventually(async () => {
        assert.deepEqual(await outcome(nc, ...args()), await outcome(world.nc, ...args()));
      });
    });
  }
  assert.equal(borderOf(world.nc).inFlight, 0);
});

test("Border.nc.request() fails as the client's does on a connection that ends", async () => {
  await using world = await startWorld();
  await using _slow = await answer(world.nc, "slow", () => {});
  const [draining, closed] = [await world.connect(), await world.connect()];
  await Promise.all([borderOf(closed).nc.request("slow").catch(() => {}), closed.close()]);
  const drained = draining.drain();
  for (const nc of [draining, closed]) {
    const [ours, theirs] = await Promise.all([
      outcome(borderOf(nc).nc, "slow"),
      outcome(nc, "slow"),
    ]);
    assert.deepEqual(ours, theirs);
  }
  await drained;
});

test("Border.nc.request() goes through a request() that somebody put before the client's", async () => {
  await using world = await startWorld();
  const seen: string[] = [];
  const nc: World["nc"] = Object.create(world.nc, {
    request: {
      value(...args: Arguments) {
        seen.push(args[0]);
        return world.nc.request(...args);
      },
    },
  });
  await assert.rejects(borderOf(nc).nc.request("nobody", "", { timeout: 30_000 }), {
    name: "RequestError",
  });
  assert.deepEqual(seen, ["nobody"]);
});

test("Border.nc.drain() drains the user's connection", async () => {
  await using world = await startWorld();
  const draining = borderOf(world.nc).nc.drain();
  assert.equal(world.nc.isDraining(), true);
  await draining;
  assert.equal(world.nc.isClosed(), true);
});
