import assert from "node:assert/strict";
import { test } from "node:test";
import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import {
  createApp,
  defineComponent,
  registry,
  type RegistryEvent,
} from "../../src/component/mod.ts";
import { defineEvent } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { openBucket } from "../../src/kv/mod.ts";
import {
  FlightReportedSchema,
  FlightService,
} from "../../examples/flights/gen/flights/v1/flights_pb.ts";
import { flights } from "../../examples/flights/flights.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { bill } from "./_bill.ts";
import { parcel } from "./_parcel.ts";

test("registry() tells all of a component that others need to know", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  await using _app = await createApp({ nc, components: [parcel, bill], namespace }).start();
  const [second, first] = await registry(nc, { namespace }).list();
  const sent = {
    type: "json",
    subject: `${namespace}.parcel.sent.{id}`,
    contentType: "application/json",
  };
  const { instance, startedAt, host, runtime, ...rest } = first!;
  assert.match(instance, /^[\w-]{36}$/);
  assert.ok(Math.abs(Date.parse(startedAt) - Date.now()) < 60_000);
  assert.ok(host !== undefined && runtime !== "unknown");
  assert.deepEqual(rest, {
    component: "parcel",
    version: "1.2.0",
    description: "Sends parcels",
    ttlMs: 30_000,
    rpc: [{
      service: "parcel.v1.ParcelService",
      methods: [{
        name: "send",
        subject: `${namespace}.rpc.parcel.v1.ParcelService.send`,
        contentTypes: ["application/json"],
        noSideEffects: false,
      }],
    }],
    events: [sent],
    hooks: [],
    streams: [`${namespace}_parcel`],
    buckets: [],
  });
  assert.deepEqual(second!.hooks, [{
    name: "charge",
    consumer: `${namespace}_bill_charge`,
    events: [sent],
  }]);
  const streams = ["dead", "redrive", "tries"].map((kind) => `${namespace}_bill_${kind}`);
  assert.deepEqual(second!.streams, streams);
  assert.deepEqual(second!.buckets, [`${namespace}_bill`]);
  assert.equal(await registry(nc, { namespace }).descriptors(second!), undefined);
});

test("registry() gives descriptors with which RPC and events are read without the code", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const components = registry(nc, { namespace });
  const options = { nc, components: [flights], namespace };
  await using app = await createApp(options).start();
  await using _same = await createApp({ ...options, nc: await world.connect() }).start();
  const manifests = await components.list();
  assert.equal(manifests.length, 2);
  assert.equal(manifests[0]!.descriptors, manifests[1]!.descriptors);
  const bucket = await openBucket(nc, `${namespace}_descriptors`);
  const keys: string[] = [];
  for await (const { type, ...event } of bucket.watch(">")) {
    if (type === "ready") break;
    keys.push((event as { entry: { key: string } }).entry.key);
  }
  assert.deepEqual(keys, [manifests[0]!.descriptors], "kept once for all instances");
  const bytes = await components.descriptors(manifests[0]!);
  const set = fromBinary(FileDescriptorSetSchema, bytes!);
  const names = set.file.map(({ name }) => name);
  assert.deepEqual(names, [
    "google/protobuf/descriptor.proto",
    "shizuku/v1/options.proto",
    "flights/v1/flights.proto",
  ], "imports come first, each once");
  const types: FileRegistry = createFileRegistry(set);
  assert.equal(types.getService(FlightService.typeName)!.methods.length, 3);
  const Reported = types.getMessage(FlightReportedSchema.typeName)!;
  const event = toBinary(FlightReportedSchema, create(FlightReportedSchema, { origin: "ORD" }));
  assert.equal((fromBinary(Reported, event) as unknown as { origin: string }).origin, "ORD");
  await app.stop();
  assert.equal((await components.list()).length, 1);
});

test("Registry.watch() tells what appears, changes and goes", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const components = registry(nc, { namespace });
  await using app = await createApp({ nc, components: [parcel], namespace }).start();
  const watching = new AbortController();
  const events: string[] = [];
  const ended = (async () => {
    for await (const event of components.watch({ signal: watching.signal })) {
      events.push(told(event));
    }
  })();
  const expect = (...wanted: string[]) => eventually(() => assert.deepEqual(events, wanted));
  await expect("appeared parcel", "ready");
  await using other = await createApp({ nc, components: [bill, parcel], only: ["bill"], namespace })
    .start();
  await expect("appeared parcel", "ready", "appeared bill");
  await other.stop();
  await app.stop();
  await expect("appeared parcel", "ready", "appeared bill", "gone bill", "gone parcel");
  watching.abort();
  await ended;
});

function told(event: RegistryEvent): string {
  return event.type === "ready" ? "ready" : `${event.type} ${event.manifest.component}`;
}

test("createApp() reports again after a server has lost what it kept in memory", async () => {
  await using world = await startWorld();
  await world.nc.close();
  const nc = await world.connect({ maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const options = { nc, components: [parcel], registry: { ttlMs: 2_000 } };
  await using _app = await createApp(options).start();
  await world.server.restart();
  await eventually(async () => {
    assert.deepEqual((await registry(nc).list()).map(({ component }) => component), ["parcel"]);
  }, { timeoutMs: 30_000 });
});

test("createApp({ registry: false }) reports nothing", async () => {
  await using world = await startWorld();
  const { nc } = world;
  await using _app = await createApp({ nc, components: [parcel], registry: false }).start();
  assert.deepEqual(await registry(nc).list(), []);
});

/** The event of flights in a version in which a field has another type. */
function changedEvent(): DescMessage {
  const { file } = FlightReportedSchema;
  const files = [...file.dependencies, file].flatMap((one) => [...one.dependencies, one]);
  const protos = new Map(files.map(({ name, proto }) => [name, proto]));
  const bytes = toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [...protos.values()] }),
  );
  const set = fromBinary(FileDescriptorSetSchema, bytes);
  const flight = set.file.at(-1)!.messageType.find(({ name }) => name === "Flight")!;
  const field = flight.field.find(({ name }) => name === "distance_miles")!;
  field.type = 9;
  return createFileRegistry(set).getMessage(FlightReportedSchema.typeName)!;
}

test("createApp() warns of an event that a running version understands otherwise", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  await using old = await createApp({ nc, components: [flights], namespace }).start();
  const next = defineComponent({
    name: "flights",
    version: "2.0.0",
    events: { reported: changedEvent() },
    setup: () => ({}),
  });
  await using app = await createApp({ nc, components: [next], namespace }).start();
  assert.deepEqual(old.health().warnings, []);
  assert.deepEqual(app.health(), {
    ok: true,
    reasons: [],
    warnings: [
      "flights.v1.Flight of flights 2.0.0 does not fit that of flights 1.0.0, which runs: " +
      "the type of field 4 was uint32 and is string (FIELD_WIRE_JSON_COMPATIBLE_TYPE)",
    ],
  });
});

test("createApp() leaves out descriptors that the server does not take", async () => {
  await using world = await startWorld({ maxPayload: 8_192 });
  const { nc, namespace } = world;
  await using app = await createApp({ nc, components: [flights], namespace }).start();
  assert.match(app.health().warnings.join(), /^the descriptors of flights are too large /);
  const [manifest] = await registry(nc, { namespace }).list();
  assert.equal(manifest!.descriptors, undefined);
  assert.equal(manifest!.rpc[0]!.service, FlightService.typeName);
});

test("createApp() does not compare what is no protobuf", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const versioned = (version: string) =>
    defineComponent({
      name: "plain",
      version,
      events: { said: defineEvent(json<{ id: string }>(), { subject: "said.{id}" }) },
      setup: () => ({}),
    });
  await using _one = await createApp({ nc, components: [versioned("1.0.0")], namespace }).start();
  await using two = await createApp({ nc, components: [versioned("2.0.0")], namespace }).start();
  assert.deepEqual(two.health().warnings, []);
});
