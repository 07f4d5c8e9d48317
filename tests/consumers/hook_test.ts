import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createConsumer,
  createPublisher,
  deadLetters,
  defineEvent,
  defineHook,
  ensureConsumer,
  ensureStream,
  eventInfo,
  type HookOptions,
} from "../../src/consumers/mod.ts";
import { type Context, json, ShizukuError } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";

interface Landed {
  airport: string;
  flight: number;
}

const landed = defineEvent(json<Landed>(), { subject: "flight.landed.{airport}" });
const QUICK: Pick<HookOptions<Landed>, "backoff"> = { backoff: { initialMs: 5, maxMs: 20 } };
const PLACE = { component: "tower" };

async function provide(world: World) {
  await ensureStream(world.nc, { name: "flight", subjects: ["flight.landed.*"] });
  return createPublisher(world.nc, landed);
}

test("createConsumer() hands over event, parameters and place", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const seen: unknown[] = [];
  const hook = defineHook(landed, { name: "log" }, (event, ctx) => {
    seen.push([event, ctx.subject, ctx.params, ctx.attempt, ctx.get(eventInfo)?.sequence]);
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publisher.publish({ airport: "ORD", flight: 1 });
  await eventually(() => assert.equal(consumer.stats.acked, 1));
  assert.deepEqual(seen, [
    [{ airport: "ORD", flight: 1 }, "flight.landed.ORD", { airport: "ORD" }, 1, 1],
  ]);
});

test("createConsumer() tries again after an error that may pass", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const attempts: number[] = [];
  const hook = defineHook(landed, { name: "flaky", ...QUICK }, (_event, ctx) => {
    attempts.push(ctx.attempt);
    if (ctx.attempt < 3) throw new Error("not yet");
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publisher.publish({ airport: "ORD", flight: 1 });
  await eventually(() => assert.equal(consumer.stats.acked, 1));
  assert.deepEqual(attempts, [1, 2, 3]);
  assert.equal(await deadLetters(world.nc, "tower").count(), 0);
});

/** What ends as a dead letter, after how many tries and with which code. */
const DEAD: Record<string, [(event: Landed, ctx: Context) => void, number, string]> = {
  "an error that cannot pass": [
    () => {
      throw new ShizukuError("invalid_argument", "Cannot land there");
    },
    1,
    "invalid_argument",
  ],
  "an error that never passes": [
    () => {
      throw new Error("down");
    },
    3,
    "internal",
  ],
};

for (const [what, [process, attempts, code]] of Object.entries(DEAD)) {
  test(`createConsumer() makes a dead letter of ${what}`, async () => {
    await using world = await startWorld();
    const publisher = await provide(world);
    const hook = defineHook(landed, { name: "doomed", attempts: 3, ...QUICK }, process);
    await using consumer = await createConsumer(world.nc, hook, PLACE);
    await publisher.publish({ airport: "ORD", flight: 7 });
    await eventually(() => assert.equal(consumer.stats.dead, 1));
    const letters = [];
    for await (const letter of deadLetters(world.nc, "tower").list()) letters.push(letter);
    assert.equal(letters.length, 1);
    const [{ hook: name, subject, stream, streamSequence, payload }] = letters as [never];
    assert.deepEqual({ name, subject, stream, streamSequence }, {
      name: "doomed",
      subject: "flight.landed.ORD",
      stream: "flight",
      streamSequence: 1,
    });
    assert.deepEqual(landed.codec.decode(payload), { airport: "ORD", flight: 7 });
    assert.deepEqual([letters[0]!.attempts, letters[0]!.code], [attempts, code]);
  });
}

test("createConsumer() makes a dead letter of what cannot be decoded", async () => {
  await using world = await startWorld();
  await provide(world);
  const hook = defineHook(landed, { name: "log" }, () => {});
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  world.nc.publish("flight.landed.ORD", "{garbage");
  await eventually(() => assert.equal(consumer.stats.dead, 1));
  for await (const letter of deadLetters(world.nc, "tower").list()) {
    assert.match(letter.message, /^Cannot decode json from 8 bytes as they must be JSON/);
  }
});

test("createConsumer() keeps the order of a key, and runs keys side by side", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const order = new Map<string, number[]>();
  let running = 0;
  let most = 0;
  const options = { name: "count", key: (event: Landed) => event.airport, concurrency: 8 };
  const hook = defineHook(landed, options, async (event) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
    order.set(event.airport, [...order.get(event.airport) ?? [], event.flight]);
    running--;
  });
  const airports = ["ORD", "SFO", "JFK", "ATL"];
  await ensureConsumer(world.nc, hook, PLACE);
  for (let flight = 0; flight < 25; flight++) {
    for (const airport of airports) await publisher.publish({ airport, flight });
  }
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await eventually(() => assert.equal(consumer.stats.acked, 100));
  const expected = Array.from({ length: 25 }, (_, flight) => flight);
  for (const airport of airports) assert.deepEqual(order.get(airport), expected);
  assert.ok(most > 1 && most <= 8, `${most} ran at once`);
});

test("createConsumer() keeps what a slow handler holds, also what waits in the buffer", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const seen: number[] = [];
  const hook = defineHook(
    landed,
    { name: "slow", concurrency: 1, ackWaitMs: 5_000 },
    async (event) => {
      seen.push(event.flight);
      if (event.flight === 1) await new Promise((resolve) => setTimeout(resolve, 6_000));
    },
  );
  await ensureConsumer(world.nc, hook, PLACE);
  for (const flight of [1, 2]) await publisher.publish({ airport: "ORD", flight });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await eventually(() => assert.equal(consumer.stats.acked, 2));
  assert.deepEqual(seen, [1, 2]);
  assert.equal(consumer.stats.received, 2);
});

test("HookConsumer.stop() finishes what runs and gives the rest back", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const done: number[] = [];
  const hook = defineHook(landed, { name: "half", concurrency: 1 }, async (event) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    done.push(event.flight);
  });
  await ensureConsumer(world.nc, hook, PLACE);
  for (const flight of [1, 2, 3, 4]) await publisher.publish({ airport: "ORD", flight });
  const first = await createConsumer(world.nc, hook, PLACE);
  await eventually(() => assert.equal(first.stats.inFlight > 0, true));
  await first.stop();
  assert.equal(first.stats.inFlight, 0);
  await using second = await createConsumer(world.nc, hook, PLACE);
  await eventually(() => assert.equal(first.stats.acked + second.stats.acked, 4));
  assert.deepEqual([...done].sort(), [1, 2, 3, 4]);
});

test("ensureConsumer() says when no stream stores the event", async () => {
  await using world = await startWorld();
  const hook = defineHook(landed, { name: "log" }, () => {});
  await assert.rejects(ensureConsumer(world.nc, hook, PLACE), {
    code: "not_found",
    message: "Cannot provide hook log of tower: no stream stores flight.landed.*",
  });
});
