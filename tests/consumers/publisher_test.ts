import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import {
  createPublisher,
  defineEvent,
  ensureStream,
  type Expectation,
  type PublishOptions,
} from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { withUsers } from "../_support/with_users.ts";
import { startWorld } from "../_support/world.ts";
import { lossyConnection } from "./_lossy_connection.ts";
import { countIn, storedIn } from "./_stored.ts";

const STREAM = { name: "paid", subjects: ["order.paid.*"], retention: "limits" } as const;
const paid = defineEvent(json<{ id: string }>(), {
  subject: "order.paid.{id}",
  id: (event) => event.id,
});
/** The same without an id of its own. */
const noted = defineEvent(json<{ id: string }>(), { subject: "order.paid.{id}" });

test("publish() stores an event once, however often it is published", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, paid);
  assert.deepEqual(await publisher.publish({ id: "7" }), {
    stream: "paid",
    sequence: 1,
    duplicate: false,
  });
  assert.equal((await publisher.publish({ id: "7" })).duplicate, true);
  assert.equal((await publisher.publish({ id: "8" })).sequence, 2);
  const other = await publisher.publish({ id: "8" }, { id: "another" });
  assert.deepEqual([other.sequence, other.duplicate], [3, false]);
});

test("publish() without an id makes one for each call", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publishers = [createPublisher(world.nc, noted), createPublisher(world.nc, noted)];
  for (let round = 0; round < 50; round++) {
    for (const publisher of publishers) await publisher.publish({ id: "7" });
  }
  const ids = (await storedIn(world.nc, "paid")).map(({ headers }) => headers["Nats-Msg-Id"]![0]);
  assert.equal(new Set(ids).size, 100);
  for (const id of ids) assert.match(id!, /^[\w-]{18,24}$/);
});

test("publish() sends the event's headers and the call's", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const event = defineEvent(json<{ id: string }>(), {
    subject: "order.paid.{id}",
    id: ({ id }) => `ü ${id}`,
    headers: ({ id }) => ({ Tenant: "acme", "x-id": id }),
  });
  const publisher = createPublisher(world.nc, event);
  await publisher.publish({ id: "7" }, { headers: { tenant: ["a", "b"], more: "c" } });
  await publisher.publish({ id: "8" });
  const [first, second] = await storedIn(world.nc, "paid");
  assert.deepEqual(first!.headers, {
    "Nats-Msg-Id": ["ü 7"],
    "x-id": ["7"],
    tenant: ["a", "b"],
    more: ["c"],
  });
  assert.deepEqual(second!.headers, { "Nats-Msg-Id": ["ü 8"], Tenant: ["acme"], "x-id": ["8"] });
  await assert.rejects(publisher.publish({ id: "7" }, { headers: { "Nats-X": "1" } }), {
    code: "invalid_argument",
  });
  for (const id of ["", " a", "a\r\nX: y"]) {
    await assert.rejects(publisher.publish({ id: "7" }, { id }), { code: "invalid_argument" });
  }
});

test("publish() keeps its namespace", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { name: "x", events: [paid], namespace: "x", retention: "limits" });
  await createPublisher(world.nc, paid, { namespace: "x" }).publish({ id: "7" });
  assert.equal((await storedIn(world.nc, "x"))[0]!.subject, "x.order.paid.7");
});

test("publish() whose acknowledgement is lost is stored once", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const { nc, sent, loseAck, loseMessage } = lossyConnection(await world.connect());
  const publisher = createPublisher(nc, noted, { timeoutMs: 250 });
  loseAck(/order/);
  assert.deepEqual(await publisher.publish({ id: "7" }), {
    stream: "paid",
    sequence: 1,
    duplicate: true,
  });
  loseMessage(/order/);
  assert.equal((await publisher.publish({ id: "8" })).sequence, 2);
  assert.equal(await countIn(world.nc, "paid"), 2);
  const ids = sent.filter(({ subject }) => subject.startsWith("order")).map(({ id }) => id);
  const tries = [...new Set(ids)].map((id) => ids.filter((other) => other === id).length);
  assert.equal(tries.length, 2, "all tries of an event have one id");
  assert.ok(tries.every((count) => count >= 2), `${tries} tries`);
});

test("publish() rides out kill -9 of the server: nothing is lost, nothing twice", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, noted, { timeoutMs: 2_000 });
  const total = 5_000;
  let acked = 0;
  const publishAll = async (from: number) => {
    for (let index = from; index < total; index += 20) {
      await publisher.publish({ id: String(index) });
      acked++;
    }
  };
  const lanes = Promise.all(Array.from({ length: 20 }, (_, lane) => publishAll(lane)));
  for (const before of [100, 1_500]) {
    await eventually(() => assert.ok(acked >= before), { intervalMs: 1 });
    await world.server.kill();
    assert.ok(acked < total, "it is killed while events are under way");
    await world.server.restart();
  }
  await lanes;
  const { streams } = await jetstreamManager(await world.connect(), { checkAPI: false });
  const { state } = await streams.info("paid", { subjects_filter: ">" });
  assert.equal(state.messages, total);
  assert.deepEqual(new Set(Object.values(state.subjects!)), new Set([1]));
  assert.equal(Object.keys(state.subjects!).length, total);
});

test("publish() waits for a stream that is about to be created", async () => {
  await using world = await startWorld();
  const publisher = createPublisher(world.nc, paid);
  const ack = publisher.publish({ id: "7" });
  await ensureStream(world.nc, STREAM);
  assert.equal((await ack).sequence, 1);
});

test("publish() gives up with the reason where no stream listens", async () => {
  await using world = await startWorld();
  await assert.rejects(createPublisher(world.nc, paid).publish({ id: "7" }), {
    code: "not_found",
    stage: "post",
    message: "Cannot publish on order.paid.7 as a stream must have the subject: there is none, " +
      "create it with ensureStream()",
  });
  const publisher = createPublisher(world.nc, paid, { attempts: 2 });
  await assert.rejects(publisher.publish({ id: "7" }), {
    code: "unavailable",
    stage: "post",
    message: "Cannot publish on order.paid.7 as no stream answers there",
  });
});

test("publish() says at once what it may not do", async () => {
  await using world = await startWorld({
    config: withUsers({
      mute: 'publish: { deny: ["order.>"] }',
    }),
  });
  await ensureStream(world.nc, STREAM);
  const nc = await world.connect({ user: "mute", pass: "m" });
  const publisher = createPublisher(nc, paid, { timeoutMs: 60_000, attempts: 2 });
  await assert.rejects(publisher.publish({ id: "7" }), { code: "permission_denied" });
});

test("publish() ends with its signal, and says why", async () => {
  await using world = await startWorld();
  const { nc, loseMessage } = lossyConnection(await world.connect());
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(nc, paid, { timeoutMs: 60_000 });
  const cases: [signal: (stop: AbortController) => AbortSignal, code: string][] = [
    [(stop) => stop.signal, "canceled"],
    [() => AbortSignal.timeout(50), "deadline_exceeded"],
  ];
  for (const [make, code] of cases) {
    loseMessage(/order/);
    const stop = new AbortController();
    const publishing = publisher.publish({ id: "7" }, { signal: make(stop) });
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(publishing, { code, stage: "post" });
  }
  await assert.rejects(publisher.publish({ id: "7" }, { signal: AbortSignal.abort() }), {
    code: "canceled",
  });
  assert.equal(await countIn(world.nc, "paid"), 0);
});

test("publish() says at once that its connection is closed", async () => {
  await using world = await startWorld();
  const nc = await world.connect();
  const publisher = createPublisher(nc, paid, { attempts: 2, retryForMs: 60_000 });
  await nc.close();
  await assert.rejects(publisher.publish({ id: "7" }), { code: "unavailable" });
});

test("publish() refuses data that would turn into routing", async () => {
  await using world = await startWorld();
  const publisher = createPublisher(world.nc, paid);
  await assert.rejects(publisher.publish({ id: "7.8" }), { code: "invalid_argument" });
});

test("publish() refuses what is larger than the server takes, before it is sent", async () => {
  await using world = await startWorld({ maxPayload: 4_096 });
  const { nc, sent } = lossyConnection(await world.connect());
  const note = defineEvent(json<{ text: string }>(), { subject: "notes" });
  await ensureStream(world.nc, { name: "notes", events: [note], retention: "limits" });
  const publisher = createPublisher(nc, note);
  await assert.rejects(publisher.publish({ text: "x".repeat(5_000) }), {
    code: "resource_exhausted",
    retryable: false,
    message: "Cannot publish on notes as an event must have at most 4096 bytes: " +
      "current size is 5011",
  });
  // `NATS/1.0`, `Nats-Msg-Id: i` and their line ends take 28 bytes.
  const exact = "x".repeat(4_096 - 28 - 11);
  await assert.rejects(publisher.publish({ text: `${exact}x` }, { id: "i" }), {
    message: "Cannot publish on notes as an event with its headers must have at most 4096 bytes: " +
      "current size is 4097",
  });
  assert.deepEqual(sent, []);
  assert.equal((await publisher.publish({ text: exact }, { id: "i" })).sequence, 1);
});

test("publish() with an expectation is stored only if it holds", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, noted);
  await publisher.publish({ id: "a" }, { id: "first" });
  await publisher.publish({ id: "b" }, { id: "second" });
  const fails: [expect: Expectation, code: string, message: RegExp][] = [
    [{ lastSequence: 1 }, "aborted", /order\.paid\.a: wrong last sequence: 2$/],
    [{ lastSubjectSequence: 0 }, "aborted", /wrong last sequence: 1$/],
    [{ lastSubjectSequence: 1, lastSubjectSequenceSubject: "order.paid.*" }, "aborted", /: 2$/],
    [{ lastMessageId: "first" }, "aborted", /wrong last msg ID: second/],
    [{ stream: "other" }, "failed_precondition", /expected stream does not match/],
    [{ lastSequence: -1 }, "invalid_argument", /Last-Sequence must be a whole number/],
    [{ lastMessageId: "a\nb" }, "invalid_argument", /Last-Msg-Id/],
    [{ lastSubjectSequenceSubject: "a" }, "invalid_argument", /goes with lastSubjectSequence/],
  ];
  for (const [expect, code, message] of fails) {
    await assert.rejects(publisher.publish({ id: "a" }, { expect }), { code, message });
  }
  const holds: Expectation[] = [
    { lastSequence: 2 },
    { lastSubjectSequence: 3 },
    { lastSubjectSequence: 4, lastSubjectSequenceSubject: "order.paid.*" },
    { stream: "paid" },
  ];
  for (const [index, expect] of holds.entries()) {
    const ack = await publisher.publish({ id: "a" }, { expect, id: `holds-${index}` });
    assert.equal(ack.sequence, index + 3);
  }
  const expect = { lastMessageId: "holds-3" };
  assert.equal((await publisher.publish({ id: "a" }, { expect })).sequence, 7);
});

test("publish() with an expectation does not conflict with itself", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const { nc, loseAck } = lossyConnection(await world.connect());
  const publisher = createPublisher(nc, noted, { timeoutMs: 250 });
  for (const [index, expect] of [{ lastSequence: 0 }, { lastSubjectSequence: 1 }].entries()) {
    loseAck(/order/);
    const ack = await publisher.publish({ id: "a" }, { expect, id: `id-${index}` });
    assert.deepEqual(ack, { stream: "paid", sequence: index + 1, duplicate: true });
  }
  // The same from another process that begins anew.
  const again = { expect: { lastSequence: 0 }, id: "id-0" };
  assert.equal((await publisher.publish({ id: "a" }, again)).sequence, 1);
  // What was never stored is still a conflict, and its id still free.
  const late = { expect: { lastSequence: 0 }, id: "late" };
  await assert.rejects(publisher.publish({ id: "a" }, late), { code: "aborted" });
  assert.equal((await publisher.publish({ id: "a" }, { id: "late" })).duplicate, false);
});

test("publish() says that a stream is full, at once", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, { ...STREAM, maxMessages: 1, discard: "new", maxMessageBytes: 100 });
  const publisher = createPublisher(world.nc, noted, { retryForMs: 60_000 });
  await publisher.publish({ id: "a" });
  const full = { code: "resource_exhausted", retryable: false, message: /maximum messages/ };
  await assert.rejects(publisher.publish({ id: "a" }), full);
  await assert.rejects(publisher.publish({ id: "a".repeat(200) }), {
    code: "resource_exhausted",
    message: /message size exceeds maximum/,
  });
});

test("publish() with a time to live is gone after it", async () => {
  await using world = await startWorld();
  await ensureStream(world.nc, STREAM);
  const publisher = createPublisher(world.nc, noted);
  await assert.rejects(publisher.publish({ id: "a" }, { ttlMs: 1_000 }), {
    code: "failed_precondition",
    message: /must have allowTtl: per-message TTL is disabled/,
  });
  await ensureStream(world.nc, { ...STREAM, allowTtl: true });
  await publisher.publish({ id: "a" }, { ttlMs: 1_000 });
  await publisher.publish({ id: "b" }, { ttlMs: 60_001 });
  const [last] = (await storedIn(world.nc, "paid")).slice(-1);
  assert.deepEqual(last?.headers["Nats-TTL"], ["61s"]);
  await eventually(async () => assert.equal(await countIn(world.nc, "paid"), 1));
  for (const ttlMs of [0, 999, Number.NaN]) {
    const publishing = publisher.publish(
      { id: "a" } as { id: string },
      { ttlMs } as PublishOptions,
    );
    await assert.rejects(publishing, { code: "invalid_argument", message: /ttlMs/ });
  }
});

test("createPublisher() refuses numbers that are not valid", async () => {
  await using world = await startWorld();
  const cases = [{ attempts: 0 }, { timeoutMs: 0 }, { retryForMs: -1 }, { attempts: Number.NaN }];
  for (const options of cases) {
    assert.throws(() => createPublisher(world.nc, paid, options), RangeError);
  }
});
