import assert from "node:assert/strict";
import { test } from "node:test";
import type { NatsConnection } from "@nats-io/nats-core";
import { startNatsServer } from "../../src/dev/mod.ts";
import { type Bucket, createMutex, openBucket } from "../../src/kv/mod.ts";
import { answer } from "../connection/_answer.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";

const KEYS = ["a", "b", "c", "d", "e"];

/** A cluster that has a bucket, and a connection to a server of its own that has one of that name. */
async function startBoth(world: World) {
  const server = await startNatsServer();
  const nc = await world.connect({
    servers: [server.url, ...world.cluster!.urls],
    noRandomize: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 300,
  });
  const bucket = await openBucket(nc, "flights", { republish: true });
  const options = { replicas: 3, storage: "memory", republish: true } as const;
  const theirs = await openBucket(world.nc, "flights", options);
  for (const [index, key] of KEYS.entries()) {
    await bucket.write(key, new Uint8Array([index]));
    await theirs.write(key, new Uint8Array([100 + index]));
  }
  return { server, nc, bucket, theirs };
}

/** Hears what is asked of the cluster for the bucket; from another server it comes a little later. */
async function overhear(world: World) {
  const nc = await world.connect();
  const responder = await answer(nc, "$JS.API.>", () => {});
  return {
    /** How many questions of a kind there were. */
    count: (kind: string) =>
      responder.messages.filter(({ subject }) => subject.startsWith(`$JS.API.${kind}.KV_flights`))
        .length,
    [Symbol.asyncDispose]: () => responder[Symbol.asyncDispose](),
  };
}

async function values(found: Promise<Awaited<ReturnType<Bucket["get"]>>[]>) {
  return (await found).map((entry) => entry?.value[0]);
}

async function lost(nc: NatsConnection): Promise<void> {
  for await (const { type } of nc.status()) if (type === "disconnect") return;
}

test("Bucket.get() asks the leader from when the connection is to a cluster", async () => {
  await using world = await startWorld({ cluster: 3 });
  const { server, nc, bucket, theirs } = await startBoth(world);
  const all = () => Promise.all(KEYS.map((key) => bucket.get(key)));
  assert.deepEqual(await values(all()), [0, 1, 2, 3, 4]);
  await server.stop();
  await eventually(() => nc.flush());
  await using questions = await overhear(world);
  assert.deepEqual(await values(all()), [100, 101, 102, 103, 104]);
  for (let round = 0; round < 50; round++) {
    const revision = await theirs.write("a", new Uint8Array([round]));
    assert.equal((await bucket.get("a"))?.revision, revision);
    assert.equal((await bucket.getMany(["b", "a"]))[1]?.revision, revision);
  }
  await eventually(() => assert.ok(questions.count("STREAM.MSG.GET") > 100));
  assert.equal(questions.count("DIRECT.GET"), 0);
});

test("Bucket.get() that waited for the connection believes only the leader of a cluster", async () => {
  await using world = await startWorld({ cluster: 3 });
  await using questions = await overhear(world);
  const { server, nc, bucket } = await startBoth(world);
  await bucket.get("a");
  const disconnected = lost(nc);
  await server.stop();
  await disconnected;
  const [one, ...many] = await Promise.all([
    bucket.get("a"),
    ...KEYS.map((key) => bucket.get(key)),
  ]);
  assert.deepEqual([one, ...many].map((entry) => entry?.value[0]), [100, 100, 101, 102, 103, 104]);
  // They were asked directly, of whom they were written to when they were asked.
  await eventually(() => assert.ok(questions.count("STREAM.MSG.GET") > 0));
});

test("Mutex asks the leader from when the connection is to a cluster", async () => {
  await using world = await startWorld({ cluster: 3 });
  const { server, nc, bucket, theirs } = await startBoth(world);
  await using mutex = createMutex(bucket);
  await using others = createMutex(theirs);
  for (const name of KEYS) await mutex.withLock(name, () => {});
  await server.stop();
  await eventually(() => nc.flush());
  await using questions = await overhear(world);
  for (let round = 0; round < 20; round++) {
    await others.withLock("a", async () => {
      assert.equal((await mutex.inspect("a")).holders.length, 1);
    });
    assert.equal((await mutex.inspect("a")).holders.length, 0);
  }
  await eventually(() => assert.ok(questions.count("STREAM.MSG.GET") >= 40));
  assert.equal(questions.count("DIRECT.GET"), 0);
});
