import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import fc from "fast-check";
import {
  defineEvent,
  ensureStream,
  type StreamOptions,
  type StreamSettings,
} from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { driftOf, neededServers } from "../../src/consumers/_stream_config.ts";
import { scheduleFilter, scheduleSubject } from "../../src/consumers/_schedule_subject.ts";
import { overlap } from "../../src/consumers/_overlap.ts";
import { covers, joinSubjects } from "../../src/consumers/_subject_sets.ts";
import { matchesNaively, template, token } from "../core/_subjects.ts";
import { startWorld } from "../_support/world.ts";

const ORDERS = { name: "orders", subjects: ["order.*"] } satisfies StreamOptions;

async function configOf(nc: NatsConnection, name: string): Promise<StreamConfig> {
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  return (await streams.info(name)).config;
}

/** Fields of a configuration, to compare. */
function pick(config: StreamConfig, fields: object): object {
  return Object.fromEntries(
    Object.keys(fields).map((field) => [field, config[field as keyof StreamConfig]]),
  );
}

const EVERYTHING: StreamSettings = {
  description: "Orders",
  retention: "limits",
  storage: "memory",
  replicas: 1,
  maxAgeMs: 3_600_000,
  maxBytes: 1_000_000,
  maxMessages: 1_000,
  maxMessagesPerSubject: 10,
  maxMessageBytes: 4_096,
  discard: "old",
  dedupeWindowMs: 60_000,
  compression: "s2",
  allowDirect: true,
  allowTtl: true,
  allowAtomic: true,
  allowSchedules: true,
  allowBatched: true,
};

const EVERYTHING_STORED = {
  subjects: ["order.*", "schedule.order.*.*"],
  description: "Orders",
  retention: "limits",
  storage: "memory",
  num_replicas: 1,
  max_age: 3_600_000_000_000,
  max_bytes: 1_000_000,
  max_msgs: 1_000,
  max_msgs_per_subject: 10,
  max_msg_size: 4_096,
  discard: "old",
  duplicate_window: 60_000_000_000,
  compression: "s2",
  allow_direct: true,
  allow_msg_ttl: true,
  allow_atomic: true,
  allow_msg_schedules: true,
  allow_batched: true,
};

test("ensureStream() creates a stream with every option", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...ORDERS, ...EVERYTHING });
  const found = await configOf(world.nc, "orders");
  assert.deepEqual(pick(found, EVERYTHING_STORED), EVERYTHING_STORED);
  const full = { discard: "new", discardNewPerSubject: true, maxMessagesPerSubject: 1 } as const;
  await ensureStream(world.nc, { name: "full", subjects: ["full"], ...full });
  const refusing = { discard: "new", discard_new_per_subject: true, max_msgs_per_subject: 1 };
  assert.deepEqual(pick(await configOf(world.nc, "full"), refusing), refusing);
  await ensureStream(world.nc, {
    name: "sum",
    subjects: ["sum"],
    retention: "limits",
    allowCounter: true,
  });
  assert.equal((await configOf(world.nc, "sum")).allow_msg_counter, true);
});

test("ensureStream() has defaults for a new stream", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, ORDERS);
  await ensureStream(world.nc, { name: "short", subjects: ["short"], maxAgeMs: 1_000 });
  const wanted = {
    retention: "interest",
    storage: "file",
    num_replicas: 1,
    duplicate_window: 120_000_000_000,
  };
  assert.deepEqual(pick(await configOf(world.nc, "orders"), wanted), wanted);
  // A stream must not remember ids for longer than messages.
  assert.equal((await configOf(world.nc, "short")).duplicate_window, 1_000_000_000);
});

test("ensureStream() updates what can be updated, and again changes nothing", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...ORDERS, retention: "limits", storage: "memory" });
  for (let time = 0; time < 2; time++) {
    await ensureStream(world.nc, { ...ORDERS, ...EVERYTHING });
    const found = await configOf(world.nc, "orders");
    assert.deepEqual(pick(found, EVERYTHING_STORED), EVERYTHING_STORED);
  }
  await ensureStream(world.nc, { ...ORDERS, maxMessages: 0, maxAgeMs: 1_000, compression: "none" });
  const changed = { max_msgs: -1, max_age: 1_000_000_000, duplicate_window: 1_000_000_000 };
  assert.deepEqual(pick(await configOf(world.nc, "orders"), changed), changed);
});

test("ensureStream() leaves alone what it is not told, also what an operator has changed", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, ORDERS);
  const { streams } = await jetstreamManager(world.nc, { checkAPI: false });
  const operators = {
    max_age: 9_000_000_000_000,
    max_bytes: 5_000_000,
    description: "by hand",
    subjects: ["order.*", "extra.>"],
    allow_direct: true,
  };
  await streams.update("orders", operators);
  await ensureStream(world.nc, { ...ORDERS, maxMessages: 7 });
  const wanted = { ...operators, max_msgs: 7 };
  assert.deepEqual(pick(await configOf(world.nc, "orders"), wanted), wanted);
  // Also what it would choose itself if it created the stream.
  await streams.add({ name: "other", subjects: ["other"], retention: "limits", storage: "memory" });
  await ensureStream(world.nc, { name: "other", subjects: ["other"] });
  const kept = { retention: "limits", storage: "memory" };
  assert.deepEqual(pick(await configOf(world.nc, "other"), kept), kept);
});

test("ensureStream() adds subjects and removes none", async () => {
  await using world = await startWorld();
  const steps: [subjects: string[], wanted: string[]][] = [
    [["order.paid.*"], ["order.paid.*"]],
    [["order.sent.*"], ["order.paid.*", "order.sent.*"]],
    [["order.paid.7"], ["order.paid.*", "order.sent.*"]],
    [["order.>", "bill"], ["order.>", "bill"]],
    [["order.paid.*"], ["order.>", "bill"]],
  ];
  for (const [subjects, wanted] of steps) {
    await ensureStream(world.nc, { name: "orders", subjects });
    assert.deepEqual((await configOf(world.nc, "orders")).subjects, wanted);
  }
});

test("ensureStream() takes events, in their namespace", async () => {
  await using world = await startWorld();
  const paid = defineEvent(json<{ id: string }>(), { subject: "order.paid.{id}" });
  const log = defineEvent(json<{ path: string }>(), { subject: "log.{path...}" });
  const events = [paid, log];
  await ensureStream(world.nc, { name: "a", events, namespace: "x", allowSchedules: true });
  assert.deepEqual((await configOf(world.nc, "a")).subjects, [
    "x.order.paid.*",
    "x.log.>",
    "x.schedule.order.paid.*.*",
    "x.schedule.log.>",
  ]);
});

test("ensureStream() names what cannot be changed, wanted and found", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...ORDERS, allowTtl: true });
  await assert.rejects(
    ensureStream(world.nc, { ...ORDERS, retention: "workqueue", storage: "memory", maxBytes: 7 }),
    {
      code: "failed_precondition",
      message: "Cannot provide stream orders as retention must be workqueue: current value is " +
        "interest, storage must be memory: current value is file",
    },
  );
  await assert.rejects(ensureStream(world.nc, { ...ORDERS, allowTtl: false }), {
    message: /allow_msg_ttl must be false: current value is true/,
  });
  await assert.rejects(ensureStream(world.nc, { ...ORDERS, allowCounter: true }), {
    message: /allow_msg_counter must be true: current value is false/,
  });
  // The server refuses, and says why.
  await assert.rejects(ensureStream(world.nc, { ...ORDERS, replicas: 3 }), {
    code: "failed_precondition",
    message: "Cannot provide stream orders as the server refuses it: replicas > 1 not supported " +
      "in non-clustered mode; num_replicas must be 3: current value is 1",
  });
  await assert.rejects(
    ensureStream(world.nc, { name: "new", subjects: ["new"], replicas: 3 }),
    { code: "failed_precondition", message: /^Cannot provide stream new as the server refuses it/ },
  );
  const found = await configOf(world.nc, "orders");
  assert.equal(found.max_bytes, -1, "a refused update changes nothing");
});

test("ensureStream() names both streams when subjects overlap", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { name: "paid", subjects: ["order.paid.*", "bill.>"] });
  await ensureStream(world.nc, { name: "sent", subjects: ["sent"] });
  const message = "subject order.> of stream orders overlaps with order.paid.* of stream paid, " +
    "subject bill.7 of stream orders overlaps with bill.> of stream paid";
  const options = { name: "orders", subjects: ["order.>", "bill.7"] };
  await assert.rejects(ensureStream(world.nc, options), {
    code: "failed_precondition",
    message: `Cannot provide stream orders as ${message}`,
  });
  await ensureStream(world.nc, { name: "orders", subjects: ["order.sent"] });
  await assert.rejects(ensureStream(world.nc, options), { message: new RegExp("stream paid") });
});

test("ensureStream() by many processes at once makes one stream", async () => {
  await using world = await startWorld();
  const connections = await Promise.all([1, 2, 3, 4].map(() => world.connect()));
  await Promise.all(
    connections.map((nc, index) =>
      ensureStream(nc, { ...ORDERS, ...(index % 2 === 0 && { maxMessages: 7 }) })
    ),
  );
  const wanted = { subjects: ["order.*"], max_msgs: 7 };
  assert.deepEqual(pick(await configOf(world.nc, "orders"), wanted), wanted);
});

test("ensureStream() refuses options that make no sense", async () => {
  await using world = await startWorld();
  const cases: [options: Partial<StreamOptions>, message: RegExp][] = [
    [{ name: "a.b" }, /its name must have no space, dot/],
    [{ subjects: [] }, /it must have subjects or events/],
    [{ replicas: 0 }, /replicas must be a whole number from 1: current value is 0/],
    [{ maxAgeMs: -1 }, /maxAgeMs must be a whole number from 0/],
    [{ maxBytes: 1.5 }, /maxBytes/],
    [{ dedupeWindowMs: 5 }, /dedupeWindowMs must be a whole number from 100/],
  ];
  for (const [options, message] of cases) {
    const made = ensureStream(world.nc, { ...ORDERS, ...options });
    await assert.rejects(made, { code: "invalid_argument", message });
  }
});

test("ensureStream() says which server an option needs", async () => {
  assert.deepEqual(neededServers({ allowAtomic: true, allowTtl: true, allowSchedules: false }), [
    ["allowAtomic", "2.12.1"],
  ]);
  await using world = await startWorld();
  const old = Object.create(world.nc, { info: { value: { ...world.nc.info, version: "2.12.0" } } });
  const cases: [settings: StreamSettings, message: string | undefined][] = [
    [{ allowTtl: true, allowSchedules: true }, undefined],
    [{ allowAtomic: true }, "allowAtomic as nats-server must be 2.12.1"],
    [{ allowBatched: true }, "allowBatched as nats-server must be 2.14.0"],
  ];
  for (const [settings, message] of cases) {
    const made = ensureStream(old, { ...ORDERS, ...settings });
    if (message === undefined) await made;
    else {
      await assert.rejects(made, {
        code: "failed_precondition",
        message: `Cannot provide stream orders with ${message} or newer: current version is 2.12.0`,
      });
    }
  }
});

test("driftOf() compares what is asked for, whatever the order and the server's defaults", () => {
  const found = {
    subjects: ["b", "a"],
    retention: "interest",
    max_age: 0,
    max_bytes: -1,
    duplicate_window: 120_000_000_000,
    placement: { tags: ["y", "x"], cluster: "c" },
  } as Partial<StreamConfig>;
  const base = { name: "s", subjects: ["a", "b"] };
  const cases: [settings: StreamSettings, changes: object, refused: string[]][] = [
    [{}, {}, []],
    [{ maxAgeMs: 0, maxBytes: 0, compression: "none", allowAtomic: false }, {}, []],
    [{ placement: { cluster: "c", tags: ["x", "y"] } }, {}, []],
    [{ placement: { cluster: "d" } }, { placement: { cluster: "d" } }, []],
    [{ maxAgeMs: 1_000 }, { max_age: 1e9, duplicate_window: 1e9 }, []],
    [{ maxAgeMs: 1_000, dedupeWindowMs: 500 }, { max_age: 1e9, duplicate_window: 5e8 }, []],
    [{ retention: "limits" }, { retention: "limits" }, [
      "retention must be limits: current value is interest",
    ]],
  ];
  for (const [settings, changes, refused] of cases) {
    assert.deepEqual(driftOf(found, { ...base, ...settings }), { changes, refused });
  }
});

test("covers() and overlap() agree with what filters match", () => {
  const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
  const filter = template.map((text) =>
    text.replace(/\{rest\.\.\.\}/, ">").replace(/\{\w+\}/g, "*")
  );
  fc.assert(fc.property(filter, filter, subject, (left, right, text) => {
    const [inLeft, inRight] = [left, right].map((one) => matchesNaively(one, text));
    if (covers(left, right) && inRight) assert.ok(inLeft, `${left} covers ${right}`);
    if (inLeft && inRight) assert.ok(overlap(left, right), `${left} overlaps ${right}`);
    assert.equal(overlap(left, right), overlap(right, left));
    const joined = joinSubjects([left], [right]);
    assert.equal(joined.some((one) => matchesNaively(one, text)), inLeft || inRight);
  }));
  for (const [left, right] of [["a.*", "a.>"], ["a", "a.>"], ["a.b", "a.*.c"], ["*", "a.b"]]) {
    assert.equal(covers(left!, right!), false, `${left} ${right}`);
  }
  assert.equal(overlap("a", "a.>"), false);
  assert.equal(overlap("a.*.c", "a.b.*"), true);
});

test("schedules wait beside their subject, in their namespace", () => {
  assert.equal(scheduleSubject(undefined, "order.paid"), "schedule.order.paid");
  assert.equal(scheduleSubject("x", "x.order.paid"), "x.schedule.order.paid");
  assert.equal(scheduleSubject("x", "order.paid"), "schedule.order.paid");
  assert.equal(scheduleFilter("x", "x.order.*"), "x.schedule.order.*.*");
  assert.equal(scheduleFilter(undefined, "log.>"), "schedule.log.>");
});
