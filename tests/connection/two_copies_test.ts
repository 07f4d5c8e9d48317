import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { errors } from "@nats-io/nats-core";
import { borderOf } from "../../src/connection/mod.ts";
import { startWorld, type World } from "../_support/world.ts";
import { answer } from "./_answer.ts";
import { loadForeignCopy } from "./_foreign_copy.ts";

const foreign = loadForeignCopy();

/** Both connections, to hold one against the other; the foreign one must be closed. */
async function connectBoth(world: World) {
  const nc = await foreign.connect({ servers: world.server.url });
  return { ours: borderOf(world.nc), theirs: borderOf(nc), nc };
}

test("a second copy of nats-core knows none of our errors", async () => {
  assert.notEqual(foreign.errors.TimeoutError, errors.TimeoutError);
  await using world = await startWorld();
  const { nc } = await connectBoth(world);
  const raw = await nc.request("nobody", "", { timeout: 10_000 }).catch((error) => error);
  assert.ok(!(raw instanceof errors.RequestError) && raw instanceof foreign.errors.RequestError);
  await nc.close();
});

test("Border: requests of a foreign connection fail with our errors", async () => {
  await using world = await startWorld();
  const { theirs, nc } = await connectBoth(world);
  await using _silent = await answer(world.nc, "silent", () => {});
  await using _echo = await answer(world.nc, "echo");
  const inTime = { timeoutMs: 5_000 };
  assert.equal((await theirs.call("echo", "one", inTime)).string(), "one");
  for (const noMux of [false, true]) {
    const short = { timeout: 100, noMux };
    await assert.rejects(theirs.nc.request("silent", "", short), errors.TimeoutError);
    const options = { timeout: 10_000, noMux };
    await assert.rejects(theirs.nc.request("nobody", "", options), (error) => {
      assert.ok(error instanceof errors.RequestError && error.isNoResponders());
      return true;
    });
    await assert.rejects(theirs.nc.request("a b", "", options), errors.InvalidSubjectError);
  }
  const large = new Uint8Array(2 ** 21);
  await assert.rejects(theirs.call("echo", large, inTime), errors.InvalidArgumentError);
  await nc.close();
  await assert.rejects(theirs.call("echo", "", inTime), errors.ClosedConnectionError);
  await assert.rejects(theirs.nc.request("echo"), errors.ClosedConnectionError);
});

test("Border: a JetStream publish of a foreign connection is tried again", async () => {
  await using world = await startWorld();
  const { theirs, nc } = await connectBoth(world);
  const client = jetstream(theirs.nc);
  const early = client.publish("orders.1", "x", { retries: 50 });
  const manager = await jetstreamManager(world.nc);
  await manager.streams.add({
    name: "ORDERS",
    subjects: ["orders.>"],
    storage: StorageType.Memory,
  });
  assert.equal((await early).stream, "ORDERS");
  await assert.rejects(client.publish("no.stream", "x"), { name: "JetStreamNotEnabled" });
  await nc.close();
});

test("Border: KV of a foreign connection does what it does on ours", async () => {
  await using world = await startWorld();
  const { ours, theirs, nc } = await connectBoth(world);
  const seen = [];
  for (const [index, border] of [ours, theirs].entries()) {
    const kv = await new Kvm(border.nc).create(`bucket${index}`);
    const missing = await kv.get("missing");
    const revision = await kv.create("key", "one");
    const conflict = await kv.create("key", "two").catch((error) => error);
    await kv.update("key", "three", revision);
    const absent = await new Kvm(border.nc).open("absent").then(
      (bucket) => bucket.get("key").catch((error) => error.constructor),
      (error) => error.constructor,
    );
    const value = (await kv.get("key"))?.string();
    seen.push({
      missing,
      revision,
      conflict: [conflict.constructor, conflict.code],
      absent,
      value,
    });
  }
  assert.deepEqual(seen[1], seen[0]);
  assert.equal(seen[0]!.missing, null);
  await nc.close();
});
