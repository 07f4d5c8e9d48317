import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import {
  type ConsumerStats,
  type ConsumerStatus,
  createConsumer,
  defineHook,
  ensureConsumer,
  type HookConsumer,
} from "../../src/consumers/mod.ts";
import { ShizukuError } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { spawnScript } from "../_support/spawn_script.ts";
import { startWorld } from "../_support/world.ts";
import { gate, landed, letters, PLACE, provide, publishMany, QUICK } from "./_landed.ts";

const OF_SERVER = new Set(["missed_heartbeats", "problem", "recovered"]);
const LONG = { timeoutMs: 30_000 };

async function counted(consumer: HookConsumer, wanted: Partial<ConsumerStats>): Promise<void> {
  await eventually(() => {
    for (const [name, value] of Object.entries(wanted)) {
      assert.equal(consumer.stats[name as keyof ConsumerStats], value, name);
    }
  }, LONG);
}

/** A hook that notes each flight that it has done. */
function noting(done: number[], options: { name?: string; ackWaitMs?: number } = {}) {
  return defineHook(landed, { name: "land", ...QUICK, ...options }, async (event) => {
    await Promise.resolve();
    done.push(event.flight);
  });
}

const sorted = (flights: Iterable<number>) => [...new Set(flights)].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, flight) => flight);

test("a message that takes its process down again and again is a dead letter, and only that one", async () => {
  await using world = await startWorld();
  await provide(world);
  await ensureConsumer(
    world.nc,
    defineHook(landed, { name: "land", ackWaitMs: 4_000 }, () => {}),
    PLACE,
  );
  await publishMany(world, 12);
  const url = new URL("./crashing_process.ts", import.meta.url);
  let begins = 0;
  for (let runs = 0; (await letters(world)).length === 0; runs++) {
    assert.ok(runs < 10, "it must come to an end");
    await using worker = spawnScript(url, { args: [world.server.url] });
    let hasEnded = false;
    void worker.exited.then(() => hasEnded = true);
    await eventually(
      async () => assert.ok(hasEnded || (await letters(world)).length === 1),
      LONG,
    );
    await worker[Symbol.asyncDispose]();
    for await (const line of worker.lines) if (line === "begins 5") begins++;
  }
  const [letter] = await letters(world);
  assert.deepEqual(
    [landed.codec.decode(letter!.payload).flight, letter!.attempts, letter!.code],
    [5, 3, "aborted"],
  );
  assert.ok(begins >= 2 && begins <= 3, `it began ${begins} times`);
  const done: number[] = [];
  await using consumer = await createConsumer(world.nc, noting(done, { ackWaitMs: 4_000 }), PLACE);
  const jsm = await jetstreamManager(world.nc);
  await eventually(async () => {
    const { num_pending, num_ack_pending } = await jsm.consumers.info("flight", consumer.durable);
    assert.deepEqual([num_pending, num_ack_pending], [0, 0]);
  }, LONG);
  assert.equal((await letters(world)).length, 1, "those that were held with it are innocent");
});

test("nothing is delivered twice while handlers are slower than ack_wait and the prefetch is full", async () => {
  await using world = await startWorld();
  await provide(world);
  const { opened, open } = gate();
  const seen: number[] = [];
  const hook = defineHook(
    landed,
    { name: "slow", concurrency: 4, ackWaitMs: 5_000 },
    async (event) => {
      seen.push(event.flight);
      await opened;
    },
  );
  await ensureConsumer(world.nc, hook, PLACE);
  await publishMany(world, 8);
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await eventually(() => assert.equal(consumer.stats.inFlight, 8));
  await new Promise((resolve) => setTimeout(resolve, 7_000));
  open();
  await counted(consumer, { acked: 8 });
  assert.deepEqual(sorted(seen), upTo(8));
  assert.deepEqual([seen.length, consumer.stats.redelivered, consumer.stats.lost], [8, 0, 0]);
});

test("a lease that was held for too long aborts the handler, which is not acknowledged", async () => {
  await using world = await startWorld();
  await provide(world);
  const reasons: unknown[] = [];
  const hook = defineHook(
    landed,
    { name: "stuck", ackWaitMs: 600, maxLeaseMs: 900 },
    async (_event, ctx) => {
      if (reasons.length > 0) return;
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      reasons.push(ctx.signal.reason.code);
    },
  );
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publishMany(world, 1);
  await eventually(() => assert.ok(consumer.stats.acked >= 1), LONG);
  assert.deepEqual(reasons, ["aborted"]);
  const { lost, redelivered } = consumer.stats;
  assert.ok(lost >= 1 && redelivered >= 1, `${lost} lost, ${redelivered} redelivered`);
});

test("a lease is lost when the server cannot be told in time", async () => {
  await using world = await startWorld();
  await provide(world);
  const { opened, open } = gate();
  const done: number[] = [];
  let isAway = true;
  // The server may forget what it had delivered last when it is killed: this may be a first try again.
  const hook = defineHook(landed, { name: "far", ackWaitMs: 600 }, async (event, ctx) => {
    if (!isAway) return void done.push(event.flight);
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    open();
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publishMany(world, 1);
  await eventually(() => assert.equal(consumer.stats.running, 1));
  await world.server.kill();
  await opened;
  assert.equal(consumer.stats.acked, 0, "what it returned must not be acknowledged");
  isAway = false;
  await world.server.restart();
  await eventually(() => assert.ok(consumer.stats.acked >= 1), LONG);
  assert.ok(consumer.stats.lost >= 1);
  assert.deepEqual(sorted(done), [0]);
});

test("a hook rides out restarts of the server", async () => {
  await using world = await startWorld();
  await provide(world);
  const done: number[] = [];
  const statuses: string[] = [];
  await using consumer = await createConsumer(world.nc, noting(done), {
    ...PLACE,
    onStatus: ({ type }) => statuses.push(type),
  });
  await publishMany(world, 50);
  await world.server.kill();
  await world.server.restart();
  await publishMany(world, 100);
  await eventually(() => assert.deepEqual(sorted(done), upTo(100)), LONG);
  await eventually(() => {
    assert.ok(statuses.includes("disconnected") && statuses.includes("reconnected"));
  });
  await eventually(() => assert.equal(consumer.problem, undefined), LONG);
});

test("a hook rides out the loss of its stream's leader", async () => {
  await using world = await startWorld({ cluster: 3 });
  const jsm = await jetstreamManager(world.nc);
  await eventually(
    () =>
      jsm.streams.add({
        name: "flight",
        subjects: ["flight.>"],
        retention: "interest",
        num_replicas: 3,
      }),
    LONG,
  );
  const done: number[] = [];
  await using consumer = await createConsumer(world.nc, noting(done), PLACE);
  await publishMany(world, 50);
  await eventually(() => assert.deepEqual(sorted(done), upTo(50)), LONG);
  const info = await jsm.streams.info("tower_dead");
  assert.equal(info.config.num_replicas, 3, "dead letters are kept like the events");
  await jsm.streams.info("flight");
  const patient = { timeout: 30_000 };
  await world.nc.request("$JS.API.STREAM.LEADER.STEPDOWN.flight", "", patient);
  const ofConsumer = `$JS.API.CONSUMER.LEADER.STEPDOWN.flight.${consumer.durable}`;
  await world.nc.request(ofConsumer, "", patient);
  await publishMany(world, 100);
  await eventually(() => assert.deepEqual(sorted(done), upTo(100)), LONG);
});

for (const whenDeleted of ["recreate", "report"] as const) {
  test(`a hook whose consumer is deleted will ${whenDeleted} it`, async () => {
    await using world = await startWorld();
    const jsm = await jetstreamManager(world.nc);
    await jsm.streams.add({ name: "flight", subjects: ["flight.>"], retention: "limits" });
    const done: number[] = [];
    const statuses: ConsumerStatus[] = [];
    const hook = noting(done);
    await using consumer = await createConsumer(world.nc, hook, {
      ...PLACE,
      whenDeleted,
      onStatus: (status) => statuses.push(status),
    });
    await publishMany(world, 20);
    await counted(consumer, { acked: 20 });
    await jsm.consumers.delete("flight", consumer.durable);
    await eventually(() => assert.ok(statuses.some(({ type }) => type === "deleted")));
    if (whenDeleted === "report") {
      assert.match(consumer.problem!, /^Consumer tower_land of stream flight is deleted$/);
      await ensureConsumer(world.nc, hook, PLACE);
    }
    await publishMany(world, 40);
    await eventually(() => assert.deepEqual(sorted(done), upTo(40)), LONG);
    const recreated = statuses.some(({ type }) => type === "recreated");
    assert.equal(recreated, whenDeleted === "recreate");
    await eventually(() => assert.equal(consumer.problem, undefined), LONG);
  });
}

test("stop() under load finishes what runs, gives the rest back, and counts no try", async () => {
  await using world = await startWorld();
  await provide(world);
  const { opened, open } = gate();
  const attempts = new Map<number, number[]>();
  const hook = defineHook(landed, { name: "land", concurrency: 4 }, async (event, ctx) => {
    attempts.set(event.flight, [...attempts.get(event.flight) ?? [], ctx.attempt]);
    await opened;
  });
  await ensureConsumer(world.nc, hook, PLACE);
  await publishMany(world, 100);
  const first = await createConsumer(world.nc, hook, PLACE);
  await eventually(() => assert.equal(first.stats.inFlight, 8));
  const stopping = first.stop();
  await eventually(() => assert.equal(first.stats.nacked, 4));
  open();
  await stopping;
  assert.deepEqual([first.stats.acked, first.stats.inFlight], [4, 0]);
  await using second = await createConsumer(world.nc, hook, PLACE);
  await counted(second, { acked: 96 });
  assert.equal(second.stats.redelivered, 4);
  assert.deepEqual([...attempts.values()], Array.from({ length: 100 }, () => [1]));
});

test("stop() aborts handlers that do not end, and their tries do not count", async () => {
  await using world = await startWorld();
  await provide(world);
  const seen: number[] = [];
  const hook = defineHook(landed, { name: "land", attempts: 1 }, async (_event, ctx) => {
    seen.push(ctx.attempt);
    if (seen.length > 1) return;
    await new Promise(() => {});
  });
  const first = await createConsumer(world.nc, hook, { ...PLACE, stopTimeoutMs: 50 });
  await publishMany(world, 1);
  await eventually(() => assert.equal(first.stats.running, 1));
  await first.stop();
  assert.equal(first.stats.nacked, 1);
  await using second = await createConsumer(world.nc, hook, PLACE);
  await counted(second, { acked: 1 });
  assert.deepEqual([seen, await letters(world)], [[1, 1], []]);
});

test("stop() by a signal, and of a hook whose connection is lost or closed, comes to an end", async () => {
  await using world = await startWorld();
  await provide(world);
  const abort = new AbortController();
  const statuses: string[] = [];
  const onStatus = ({ type }: ConsumerStatus) => statuses.push(type);
  await createConsumer(world.nc, noting([]), { ...PLACE, signal: abort.signal, onStatus });
  abort.abort();
  await eventually(() => assert.ok(statuses.includes("stopped")));
  const closed = await world.connect();
  const second = await createConsumer(closed, noting([]), PLACE);
  await closed.close();
  await second.stop();
  const third = await createConsumer(world.nc, noting([]), PLACE);
  await world.server.kill();
  await third.stop();
  await world.server.restart();
  await eventually(() => world.nc.flush());
});

test("pause() gives back what waits, and resume() takes it again", async () => {
  await using world = await startWorld();
  await provide(world);
  const { opened, open } = gate();
  const attempts: number[] = [];
  const hook = defineHook(landed, { name: "land", concurrency: 1 }, async (_event, ctx) => {
    attempts.push(ctx.attempt);
    await opened;
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  const types: string[] = [];
  const reading = (async () => {
    // A server that stalls may cost heartbeats.
    for await (const { type } of consumer.status()) if (!OF_SERVER.has(type)) types.push(type);
  })();
  await publishMany(world, 3);
  await eventually(() => assert.equal(consumer.stats.inFlight, 2));
  await consumer.pause();
  await counted(consumer, { nacked: 1 });
  assert.equal(consumer.paused, "manual");
  open();
  await counted(consumer, { acked: 1, inFlight: 0 });
  consumer.resume();
  await counted(consumer, { acked: 3 });
  assert.deepEqual(attempts, [1, 1, 1]);
  await consumer.stop();
  await reading;
  assert.deepEqual(types, ["paused", "resumed", "stopped"]);
});

test("a circuit pauses the hook instead of using up attempts", async () => {
  await using world = await startWorld();
  await provide(world);
  let isDown = true;
  let tries = 0;
  let probes = 0;
  const hook = defineHook(landed, {
    name: "land",
    attempts: 3,
    ...QUICK,
    circuit: {
      failures: 2,
      waitMs: 20,
      probe() {
        if (++probes === 3) isDown = false;
        return !isDown;
      },
    },
  }, () => {
    tries++;
    if (isDown) throw new ShizukuError("unavailable", "The database is away");
  });
  await ensureConsumer(world.nc, hook, PLACE);
  await publishMany(world, 30);
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await counted(consumer, { acked: 30, dead: 0 });
  assert.ok(probes >= 3 && tries < 30 + 64 + 2, `${tries} tries`);
  assert.equal(consumer.paused, undefined);
});

test("confirmed acks survive a restart of the server", async () => {
  await using world = await startWorld();
  await provide(world);
  const done: number[] = [];
  const hook = defineHook(landed, { name: "land", ack: "confirmed" }, (event) => {
    done.push(event.flight);
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publishMany(world, 200);
  await counted(consumer, { acked: 200 });
  await world.server.kill();
  await world.server.restart();
  await publishMany(world, 10);
  // What the killed server forgot is done again, and acknowledged again.
  await eventually(() => assert.ok(consumer.stats.acked >= 210), LONG);
  assert.ok(done.length >= consumer.stats.acked, "none is acknowledged that was not handled");
  const jsm = await jetstreamManager(world.nc);
  await eventually(async () => {
    const { num_pending, num_ack_pending } = await jsm.consumers.info("flight", consumer.durable);
    assert.deepEqual([num_pending, num_ack_pending], [0, 0]);
  }, LONG);
  assert.deepEqual(sorted(done), upTo(200));
});
