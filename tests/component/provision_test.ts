import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { createApp, defineComponent, hookOn, provision } from "../../src/component/mod.ts";
import { defineHook, ensureStream } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { withUsers } from "../_support/with_users.ts";
import { startWorld } from "../_support/world.ts";
import { bill } from "./_bill.ts";
import { parcel } from "./_parcel.ts";
import { BillService, ParcelService, sent } from "./_parcels.ts";

/** What both components need. */
const RESOURCES = [
  "bucket bill",
  "bucket descriptors",
  "bucket locks",
  "bucket registry",
  "consumer bill_redrive/bill_charge",
  "consumer parcel/bill_charge",
  "stream bill_dead",
  "stream bill_redrive",
  "stream bill_tries",
  "stream parcel",
];

/** May use what is there, and create neither streams nor consumers of hooks. */
const RESTRICTED = {
  config: withUsers({
    app: `publish: { deny: [
      "$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.LIST",
      "$JS.API.CONSUMER.DURABLE.>",
      "$JS.API.CONSUMER.CREATE.parcel.>", "$JS.API.CONSUMER.CREATE.bill_redrive.>"
    ] }`,
  }),
};

test("provision() tells what is missing, makes it, and has nothing left to do", async () => {
  await using world = await startWorld();
  const { nc } = world;
  const plan = await provision(nc, [bill, parcel]);
  const named = plan.resources.map(({ kind, name }) => `${kind} ${name}`);
  assert.deepEqual(named.sort(), RESOURCES);
  assert.equal(plan.resources.every(({ action }) => action === "create"), true);
  assert.deepEqual([plan.isDone, plan.conflicts], [false, []]);
  const lines = String(plan).split("\n");
  assert.equal(lines[0], "create   stream   parcel                   subjects parcel.sent.*");
  assert.equal(lines.at(-1), "10 to create, 0 to update, 0 in the way");
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  assert.deepEqual(await streams.list().next(), [], "nothing is done before");
  await plan.apply();
  const after = await provision(nc, [parcel, bill]);
  assert.deepEqual(after.resources.filter(({ action }) => action !== "keep"), []);
  assert.equal(after.isDone, true);
});

test("provision() tells what changes", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  await (await provision(nc, [parcel, bill], { namespace })).apply();
  const slower = defineComponent({
    name: "bill",
    version: "0.4.0",
    hooks: { charge: hookOn(sent, { ackWaitMs: 60_000 }) },
    setup: () => ({ hooks: { charge: () => {} } }),
  });
  const options = { namespace, stream: { maxAgeMs: 300_000 } };
  const plan = await provision(nc, [parcel, slower], options);
  const changes = plan.resources.filter(({ action }) => action !== "keep");
  const wanted = "ack_wait must be 60000000000: current value is 30000000000";
  assert.deepEqual(changes.map(({ action, kind, name }) => [action, kind, name]), [
    ["update", "stream", `${namespace}_parcel`],
    ["update", "consumer", `${namespace}_parcel/${namespace}_bill_charge`],
    ["update", "consumer", `${namespace}_bill_redrive/${namespace}_bill_charge`],
  ]);
  assert.match(changes[0]!.details.join(), /^max_age must be 300000000000: current value is 0/);
  assert.deepEqual(changes[1]!.details, [wanted]);
  await plan.apply();
  assert.equal((await provision(nc, [parcel, slower], options)).isDone, true);
});

test("provision() tells what is in the way, and does nothing then", async () => {
  await using world = await startWorld();
  const { nc } = world;
  await ensureStream(nc, { name: "parcel", subjects: ["parcel.sent.*"], retention: "limits" });
  const lost = defineComponent({
    name: "lost",
    version: "1.0.0",
    hooks: { find: hookOn({ subject: "nowhere.{id}", codec: json<null>() }) },
    setup: () => ({ hooks: { find: () => {} } }),
  });
  const plan = await provision(nc, [parcel, lost], { stream: { retention: "interest" } });
  assert.deepEqual(plan.conflicts, [
    {
      kind: "stream",
      name: "parcel",
      action: "conflict",
      details: ["retention must be interest: current value is limits"],
    },
    {
      kind: "consumer",
      name: "?/lost_find",
      action: "conflict",
      details: ["no stream stores nowhere.*"],
    },
  ]);
  await assert.rejects(plan.apply(), {
    code: "failed_precondition",
    message: "Cannot provision as something is in the way: stream parcel (retention must be " +
      "interest: current value is limits); consumer ?/lost_find (no stream stores nowhere.*)",
  });
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  assert.deepEqual((await streams.list().next()).map(({ config }) => config.name), ["parcel"]);
});

test("provision() names the stream whose subjects overlap", async () => {
  await using world = await startWorld();
  const { nc } = world;
  await ensureStream(nc, { name: "everything", subjects: ["parcel.>"] });
  const { conflicts } = await provision(nc, [parcel]);
  assert.deepEqual(conflicts.map(({ details }) => details), [[
    "subject parcel.sent.* overlaps with parcel.> of stream everything",
  ]]);
});

test("createApp({ provision: false }) runs on what is provisioned, without rights to create", async () => {
  await using world = await startWorld(RESTRICTED);
  const nc = await world.connect({ user: "app", pass: "a" });
  const options = { nc, components: [parcel, bill], provision: false } as const;
  await assert.rejects(createApp(options).start(), {
    code: "failed_precondition",
    message: /^Cannot start as provision is false and not all is there .*create stream parcel/,
  });
  await (await provision(world.nc, [parcel, bill])).apply();
  await using app = await createApp(options).start();
  await app.client(ParcelService).send({ id: "7" });
  await eventually(async () => assert.equal(await app.client(BillService).count(null), 1));
  assert.deepEqual(app.health(), { ok: true, reasons: [], warnings: [] });
});

test("createApp({ provision: false }) warns of what differs, and leaves it", async () => {
  await using world = await startWorld();
  const { nc } = world;
  await (await provision(nc, [parcel])).apply();
  const stream = { maxAgeMs: 300_000 };
  const options = { nc, components: [parcel], stream, provision: false } as const;
  await using app = await createApp(options).start();
  const { ok, warnings } = app.health();
  assert.equal(ok, true);
  assert.match(warnings.join(), /^what is provisioned differs: stream parcel \(max_age must be /);
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  assert.equal((await streams.info("parcel")).config.max_age, 0);
});

test("createApp({ provision: false }) names what setup() makes and nobody has declared", async () => {
  await using world = await startWorld();
  const { nc } = world;
  const version = "1.0.0";
  await (await provision(nc, [parcel])).apply();
  const records = defineComponent({
    name: "records",
    version,
    async setup({ kv }) {
      await kv.value("total", { codec: json<number>() });
      return {};
    },
  });
  await assert.rejects(createApp({ nc, components: [records], provision: false }).start(), {
    code: "failed_precondition",
    message: "Cannot open bucket records of component records as provision is false and it is " +
      "not there: declare its records with kv, so that provision() makes it",
  });
  const hooks = defineComponent({
    name: "hooks",
    version,
    setup: () => ({ hooks: [defineHook(sent, { name: "count" }, () => {})] }),
  });
  await assert.rejects(createApp({ nc, components: [hooks], provision: false }).start(), {
    code: "failed_precondition",
    message: "Cannot start hook count of hooks as stream parcel must have consumer hooks_count: " +
      "it has to be provided before",
  });
});
