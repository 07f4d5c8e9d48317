import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { metrics } from "@opentelemetry/api";
import {
  createConsumer,
  createOrderedConsumer,
  createPublisher,
  defineEvent,
  defineHook,
  eventInfo,
  idempotent,
  on,
  processedStore,
} from "../../src/consumers/mod.ts";
import { bytes, json } from "../../src/core/mod.ts";
import { openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { landed, letters, PLACE, provide, publishMany, QUICK } from "./_landed.ts";

const left = defineEvent(json<{ gate: string; to: string }>(), { subject: "flight.left.{gate}" });

test("a hook of several events hands each to its own processor", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const seen: unknown[] = [];
  const hook = defineHook([
    on(landed, ({ flight }, { params }) => void seen.push([flight, params.airport])),
    on(left, ({ to }, { params }) => void seen.push([to, params.gate])),
  ], { name: "both", concurrency: 1 });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publisher.publish({ airport: "ORD", flight: 1 });
  await createPublisher(world.nc, left).publish({ gate: "B7", to: "SFO" });
  await eventually(() => assert.equal(consumer.stats.acked, 2));
  assert.deepEqual(seen, [[1, "ORD"], ["SFO", "B7"]]);
});

test("a hook of several events can have one processor, which knows their types", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const seen: unknown[] = [];
  const hook = defineHook([landed, left], { name: "both", concurrency: 1 }, (event, ctx) => {
    seen.push("flight" in event ? event.flight : event.to, ctx.get(eventInfo)?.type);
  });
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publisher.publish({ airport: "ORD", flight: 1 });
  await createPublisher(world.nc, left).publish({ gate: "B7", to: "SFO" });
  await eventually(() => assert.equal(consumer.stats.acked, 2));
  assert.deepEqual(seen, [1, "json", "SFO", "json"]);
});

test("a hook of a filter gets raw messages, and their parameters", async () => {
  await using world = await startWorld();
  await provide(world);
  const seen: unknown[] = [];
  const hook = defineHook(
    { subject: "flight.{what}.{rest...}", codec: bytes },
    { name: "raw" },
    (data, { params }) => void seen.push([data.length, params.what, params.rest]),
  );
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await world.nc.request("flight.seen.by.radar", "abc", { timeout: 30_000 });
  await eventually(() => assert.equal(consumer.stats.acked, 1));
  assert.deepEqual(seen, [[3, "seen", "by.radar"]]);
});

test("defineHook() follows types through events, params and cases", () => {
  defineHook(landed, { name: "a", key: (event) => event.airport }, (event, ctx) => {
    const flight: number = event.flight;
    const airport: string = ctx.params.airport;
    // @ts-expect-error -- the subject has no such parameter
    return [flight, airport, ctx.params.gate];
  });
  // @ts-expect-error -- the event has no such field
  defineHook(landed, { name: "b", key: (event) => event.gate }, () => {});
  const hook = defineHook([on(landed, () => {}), on(left, () => {})], {
    name: "c",
    key: (event) => "gate" in event ? event.gate : event.airport,
  });
  assert.deepEqual(hook.filters, ["flight.landed.*", "flight.left.*"]);
  assert.throws(() => defineHook([landed, landed], { name: "d" }, () => {}), /collides/);
  assert.throws(() => defineHook([], { name: "e" }), /must have an event/);
});

test("a new consumer begins where its hook says, and only then", async () => {
  await using world = await startWorld();
  const jsm = await jetstreamManager(world.nc);
  await jsm.streams.add({ name: "flight", subjects: ["flight.>"], retention: "limits" });
  const publisher = createPublisher(world.nc, landed);
  for (const flight of [0, 1, 2, 3, 4]) {
    // A start time counts in milliseconds: the fourth must not share one with the third.
    if (flight === 3) await new Promise((resolve) => setTimeout(resolve, 20));
    await publisher.publish({ airport: "ORD", flight });
  }
  const { time } = await jsm.streams.getMessage("flight", { seq: 4 }) ?? {};
  const starts = {
    all: "all",
    new: "new",
    sequence: { sequence: 3 },
    time: { time: time! },
  } as const;
  const seen: Record<string, number[]> = {};
  for (const [name, start] of Object.entries(starts)) {
    const flights: number[] = seen[name] = [];
    const hook = defineHook(landed, { name, start, concurrency: 1 }, (event) => {
      flights.push(event.flight);
    });
    await (await createConsumer(world.nc, hook, PLACE)).stop();
    await using _consumer = await createConsumer(world.nc, { ...hook, start: "all" }, PLACE);
    await eventually(async () => {
      const { num_pending, num_ack_pending } = await jsm.consumers.info("flight", `tower_${name}`);
      assert.deepEqual([num_pending, num_ack_pending], [0, 0]);
    });
  }
  const expected = { all: [0, 1, 2, 3, 4], new: [], sequence: [2, 3, 4], time: [3, 4] };
  assert.deepEqual(seen, expected);
});

test("a key's later events wait until the earlier one is done, also while that is tried again", async () => {
  await using world = await startWorld();
  await provide(world);
  const order: string[] = [];
  const hook = defineHook(
    landed,
    { name: "lanes", attempts: 5, ...QUICK, key: (event) => event.airport },
    (event, ctx) => {
      order.push(`${event.airport}${event.flight}.${ctx.attempt}`);
      if (event.flight === 0 && ctx.attempt < 4) throw new Error("not yet");
    },
  );
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  await publishMany(world, 6, ["ORD", "SFO"]);
  await eventually(() => assert.equal(consumer.stats.acked, 6));
  const of = (airport: string) => order.filter((entry) => entry.startsWith(airport));
  assert.deepEqual(of("ORD"), ["ORD0.1", "ORD0.2", "ORD0.3", "ORD0.4", "ORD2.1", "ORD4.1"]);
  assert.deepEqual(of("SFO"), ["SFO1.1", "SFO3.1", "SFO5.1"]);
});

test("idempotent() does not run an event again that was processed", async () => {
  await using world = await startWorld();
  const publisher = await provide(world);
  const bucket = await openBucket(world.nc, "tower_once", { ttlMs: 60_000 });
  const seen: number[] = [];
  const hook = defineHook(
    landed,
    { name: "once", layers: [idempotent(processedStore(bucket))] },
    (event) => void seen.push(event.flight),
  );
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  const jsm = await jetstreamManager(world.nc);
  await publisher.publish({ airport: "ORD", flight: 1 }, { id: "f.1 ü" });
  await eventually(() => assert.equal(consumer.stats.acked, 1));
  // As long after as the stream no longer knows the id: the event comes twice.
  const { config } = await jsm.streams.info("flight");
  await jsm.streams.update("flight", { ...config, duplicate_window: 100_000_000 });
  await eventually(async () => {
    const ack = await publisher.publish({ airport: "ORD", flight: 1 }, { id: "f.1 ü" });
    assert.equal(ack.duplicate, false);
  });
  await eventually(() => assert.equal(consumer.stats.acked, 2));
  assert.deepEqual(seen, [1]);
});

test("hooks that are not durable get every event in every process, and leave nothing", async () => {
  await using world = await startWorld();
  await provide(world);
  const seen: number[][] = [[], []];
  const hooks = seen.map((flights) =>
    defineHook(landed, { name: "cache", durable: false, start: "new" }, ({ flight }) => {
      flights.push(flight);
    })
  );
  await using first = await createConsumer(world.nc, hooks[0]!, PLACE);
  await using second = await createConsumer(world.nc, hooks[1]!, PLACE);
  await publishMany(world, 3);
  await eventually(() => assert.equal(first.stats.acked + second.stats.acked, 6));
  assert.deepEqual(seen.map((flights) => flights.sort()), [[0, 1, 2], [0, 1, 2]]);
});

test("createOrderedConsumer() keeps the order over a lost consumer and a restart", async () => {
  await using world = await startWorld();
  const jsm = await jetstreamManager(world.nc);
  await jsm.streams.add({ name: "flight", subjects: ["flight.>"], retention: "limits" });
  const seen: number[] = [];
  const hook = defineHook(landed, { name: "cache", ...QUICK }, async (event, ctx) => {
    await Promise.resolve();
    if (event.flight === 3 && ctx.attempt < 3) throw new Error("not yet");
    seen.push(event.flight);
  });
  await publishMany(world, 50);
  await using consumer = await createOrderedConsumer(world.nc, hook, {
    ...PLACE,
    heartbeatMs: 300,
  });
  await eventually(() => assert.equal(consumer.sequence, 50));
  for await (const { name } of jsm.consumers.list("flight")) {
    await jsm.consumers.delete("flight", name);
  }
  await publishMany(world, 100);
  await eventually(() => assert.equal(consumer.sequence, 150), { timeoutMs: 30_000 });
  await world.server.kill();
  await world.server.restart();
  await publishMany(world, 10);
  await eventually(() => assert.equal(consumer.sequence, 160), { timeoutMs: 30_000 });
  const upTo = (count: number) => Array.from({ length: count }, (_, flight) => flight);
  assert.deepEqual(seen, [...upTo(50), ...upTo(100), ...upTo(10)]);
});

test("a hook holds no more than its prefetch, and no more bytes than it may", async () => {
  await using world = await startWorld();
  await provide(world);
  let most = 0;
  const limits = { concurrency: 2, maxPrefetch: 8, maxPrefetchBytes: 3_000 };
  const hook = defineHook(
    { subject: "flight.{rest...}", codec: bytes },
    { name: "small", ...limits },
    async () => {
      most = Math.max(most, consumer.stats.inFlight);
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  );
  await using consumer = await createConsumer(world.nc, hook, PLACE);
  for (let count = 0; count < 60; count++) world.nc.publish("flight.big", new Uint8Array(800));
  world.nc.publish("flight.huge", new Uint8Array(9_000));
  for (let count = 0; count < 60; count++) world.nc.publish("flight.big", new Uint8Array(800));
  await eventually(() => assert.equal(consumer.stats.acked, 121), { timeoutMs: 30_000 });
  assert.ok(most <= 4, `${most} were held`);
  assert.equal((await letters(world)).length, 0);
});

test("the numbers of a hook are OpenTelemetry metrics", async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  try {
    await using world = await startWorld();
    await provide(world);
    const hook = defineHook(landed, { name: "metered" }, () => {});
    await using consumer = await createConsumer(world.nc, hook, PLACE);
    await publishMany(world, 7);
    await eventually(() => assert.equal(consumer.stats.acked, 7));
    await reader.forceFlush();
    const found = new Map<string, unknown>();
    for (const { scopeMetrics } of exporter.getMetrics()) {
      for (const { descriptor, dataPoints } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
        const { attributes, value } = dataPoints[0]!;
        assert.deepEqual(attributes, { "shizuku.component": "tower", "shizuku.hook": "metered" });
        found.set(descriptor.name, typeof value === "object" ? value.count : value);
      }
    }
    assert.equal(found.get("shizuku.hook.received"), 7);
    assert.equal(found.get("shizuku.hook.acked"), 7);
    assert.equal(found.get("shizuku.hook.dead"), 0);
    assert.equal(found.get("shizuku.hook.in_flight"), 0);
    assert.equal(found.get("shizuku.hook.duration"), 7);
  } finally {
    await provider.shutdown();
    metrics.disable();
  }
});
