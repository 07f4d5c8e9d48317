import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import {
  type ConsumerStats,
  createConsumer,
  deadLetters,
  defineHook,
  ensureConsumer,
  eventInfo,
  type HookConsumer,
} from "../../src/consumers/mod.ts";
import { ShizukuError } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { landed, letters, PLACE, provide, publishMany, QUICK } from "./_landed.ts";

/** A hook that gives up every flight with an odd number, until it is repaired. */
function fragile(name: string, repaired: { is: boolean }, seen: number[]) {
  return defineHook(landed, { name, attempts: 2, ...QUICK }, (event) => {
    if (event.flight % 2 === 1 && !repaired.is) {
      throw new ShizukuError("failed_precondition", `Cannot land ${event.flight}`);
    }
    seen.push(event.flight);
  });
}

async function counted(consumer: HookConsumer, wanted: Partial<ConsumerStats>): Promise<void> {
  await eventually(() => {
    for (const [name, value] of Object.entries(wanted)) {
      assert.equal(consumer.stats[name as keyof ConsumerStats], value, name);
    }
  });
}

test("a dead letter tells everything about its message", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const hook = defineHook(landed, { name: "log" }, () => {
    throw new ShizukuError("not_found", "No such\r\nrunway");
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publisher.publish({ airport: "ORD", flight: 7 }, { id: "f7", headers: { tenant: "acme" } });
  await counted(consumer, { dead: 1 });
  const [letter] = await letters(world);
  const { headers, payload, time, streamTime, sequence, ...rest } = letter!;
  assert.deepEqual(rest, {
    hook: "log",
    subject: "flight.landed.ORD",
    stream: "flight",
    streamSequence: 1,
    id: "f7",
    attempts: 1,
    code: "not_found",
    message: "No such runway",
  });
  assert.equal(headers.get("tenant"), "acme");
  assert.equal(headers.size, 1);
  assert.deepEqual(landed.codec.decode(payload), { airport: "ORD", flight: 7 });
  assert.ok(streamTime <= time);
  assert.deepEqual((await deadLetters(world.nc, "tower").get(sequence))?.id, "f7");
  assert.equal(await deadLetters(world.nc, "tower").get(99), undefined);
  assert.equal(await deadLetters(world.nc, "nobody").count(), 0);
});

test("exactly the poison is dead, and after a redrive with a repaired hook none is left", async () => {
  await using world = await startWorld();
  await provide(world);
  const poisoned = (flight: number) => flight % 10 === 3;
  const repaired = { is: false };
  const done = new Set<number>();
  const hook = defineHook(landed, { name: "land", attempts: 2, ...QUICK }, (event, ctx) => {
    if (poisoned(event.flight) && !repaired.is) throw new Error("poison");
    if (repaired.is) assert.equal(ctx.attempt, 1, "attempts start anew");
    assert.ok(!done.has(event.flight), "twice");
    done.add(event.flight);
  });
  await ensureConsumer(world.nc, hook, PLACE);
  await publishMany(world, 1_000);
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await counted(consumer, { acked: 900, dead: 100 });
  const found = (await letters(world)).map(({ payload }) => landed.codec.decode(payload).flight);
  const expected = Array.from({ length: 100 }, (_, index) => index * 10 + 3);
  assert.deepEqual(found.sort((a, b) => a - b), expected);
  repaired.is = true;
  const box = deadLetters(world.nc, "tower");
  assert.equal(await box.redrive({}), 100);
  await counted(consumer, { acked: 1_000 });
  assert.equal(done.size, 1_000);
  await eventually(async () => {
    assert.deepEqual([await box.count(), await box.redriving()], [0, 0]);
  });
});

test("redrive() reaches the hook that failed and no other, with what the event had", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const repaired = { is: false };
  const [left, right, seen]: [number[], number[], unknown[]] = [[], [], []];
  const failing = defineHook(landed, { name: "left", ...QUICK }, (event, ctx) => {
    if (!repaired.is) throw new ShizukuError("not_found", "no");
    const info = ctx.get(eventInfo)!;
    seen.push([info.stream, info.sequence, info.id, info.redriven, ctx.subject, ctx.params]);
    seen.push(ctx.headers.toRecord());
    left.push(event.flight);
  });
  await using first = await createConsumer(world.nc, failing, PLACE);
  await using second = await createConsumer(world.nc, fragile("right", { is: true }, right), PLACE);
  await publisher.publish({ airport: "ORD", flight: 4 }, { id: "f4", headers: { tenant: "a" } });
  await counted(first, { dead: 1 });
  await counted(second, { acked: 1 });
  repaired.is = true;
  const [letter] = await letters(world);
  assert.equal(await deadLetters(world.nc, "tower").redrive(letter!.sequence), 1);
  await counted(first, { acked: 1 });
  assert.deepEqual([left, right], [[4], [4]]);
  assert.deepEqual(seen, [
    ["flight", 1, "f4", true, "flight.landed.ORD", { airport: "ORD" }],
    { tenant: ["a"] },
  ]);
});

test("a redriven message that fails again is a dead letter again, of where it came from", async () => {
  await using world = await startWorld();
  await provide(world);
  await using consumer = await createConsumer(
    world.nc,
    fragile("land", { is: false }, []),
    PLACE,
  );
  await publishMany(world, 2);
  await counted(consumer, { acked: 1, dead: 1 });
  const [before] = await letters(world);
  assert.equal(await deadLetters(world.nc, "tower").redrive({ hook: "land" }), 1);
  await counted(consumer, { dead: 2 });
  const [after, ...more] = await letters(world);
  assert.deepEqual(more, []);
  assert.ok(after!.sequence > before!.sequence);
  const about = (
    { stream, streamSequence, subject, id }: typeof after & object,
  ) => [stream, streamSequence, subject, id];
  assert.deepEqual(about(after!), about(before!));
});

test("redrive() that was cut off after the copy hands the letter over only once", async () => {
  await using world = await startWorld();
  await provide(world);
  const repaired = { is: false };
  const seen: number[] = [];
  const hook = fragile("land", repaired, seen);
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publishMany(world, 2);
  await counted(consumer, { acked: 1, dead: 1 });
  await consumer.stop();
  const [letter] = await letters(world);
  const box = deadLetters(world.nc, "tower");
  // As if the process had ended between the two steps: the letter is put back after its removal.
  await box.redrive(letter!.sequence);
  const jsm = await jetstreamManager(world.nc);
  const copy = await jsm.streams.getMessage("tower_redrive", { seq: 1 });
  const subject = copy!.header.get("Shizuku-Dead-Letter");
  world.nc.publish(subject, copy!.data, { headers: copy!.header });
  await eventually(async () => assert.equal(await box.count(), 1));
  assert.equal(await box.redrive({}), 1);
  assert.equal(await box.redriving(), 1, "the second copy is the first one");
  world.nc.publish(subject, copy!.data, { headers: copy!.header });
  await eventually(async () => assert.equal(await box.count(), 1));
  repaired.is = true;
  await using again = await createConsumer(world.nc, hook, PLACE);
  await counted(again, { acked: 1 });
  assert.deepEqual([seen, await box.count()], [[0, 1], 0]);
});

test("list(), count() and discard() go by hook, code and time", async () => {
  await using world = await startWorld();
  await provide(world);
  const hooks = (["not_found", "data_loss"] as const).map((code) =>
    defineHook(landed, { name: code }, () => {
      throw new ShizukuError(code, "no");
    })
  );
  await using first = await createConsumer(world.nc, hooks[0]!, PLACE);
  await using second = await createConsumer(world.nc, hooks[1]!, PLACE);
  await publishMany(world, 5);
  await counted(first, { dead: 5 });
  await counted(second, { dead: 5 });
  const box = deadLetters(world.nc, "tower");
  assert.equal(await box.count(), 10);
  assert.equal(await box.count({ hook: "not_found" }), 5);
  assert.equal(await box.count({ code: "data_loss" }), 5);
  assert.equal((await letters(world, { hook: "not_found", code: "data_loss" })).length, 0);
  const all = await letters(world);
  const middle = all[4]!.time;
  const before = await letters(world, { until: middle });
  const since = await letters(world, { since: middle });
  assert.equal(before.length + since.length, 10);
  assert.ok(before.every(({ time }) => time < middle) && since.every(({ time }) => time >= middle));
  assert.equal(await box.discard(all[0]!.sequence), 1);
  assert.equal(await box.discard(all[0]!.sequence), 0);
  assert.equal(
    await box.discard({ code: "data_loss" }),
    5 - (all[0]!.code === "data_loss" ? 1 : 0),
  );
  assert.equal(await box.discard({}), 5 - (all[0]!.code === "not_found" ? 1 : 0));
  assert.equal(await box.count(), 0);
});

test("a message whose dead letter cannot be written is kept", async () => {
  await using world = await startWorld();
  await provide(world);
  const repaired = { is: false };
  const hook = defineHook(landed, { name: "land", ...QUICK }, () => {
    if (!repaired.is) throw new ShizukuError("not_found", "no");
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  const jsm = await jetstreamManager(world.nc);
  const { config } = await jsm.streams.info("tower_dead");
  await jsm.streams.delete("tower_dead");
  await publishMany(world, 1);
  await eventually(() => assert.ok(consumer.stats.nacked > 0));
  assert.equal(consumer.stats.dead, 0);
  await jsm.streams.add(config);
  await counted(consumer, { dead: 1 });
  assert.equal((await letters(world)).length, 1);
});

test("a stream with interest does not grow where nobody hooks; one with limits does", async () => {
  await using world = await startWorld();
  await provide(world);
  const jsm = await jetstreamManager(world.nc);
  await jsm.streams.add({ name: "log", subjects: ["log.>"], retention: "limits" });
  await publishMany(world, 50);
  for (let count = 0; count < 50; count++) {
    await world.nc.request("log.a", "x", { timeout: 30_000 });
  }
  const stored = async (name: string) => (await jsm.streams.info(name)).state;
  assert.equal((await stored("flight")).last_seq, 50);
  assert.deepEqual([(await stored("flight")).messages, (await stored("log")).messages], [0, 50]);
  const hook = defineHook(landed, { name: "log" }, () => {});
  await ensureConsumer(world.nc, hook, PLACE);
  await publishMany(world, 5);
  assert.equal((await stored("flight")).messages, 5, "kept for the hook that is not running");
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await counted(consumer, { acked: 5 });
  await eventually(async () => assert.equal((await stored("flight")).messages, 0));
});
