import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readAckSubject } from "../../src/consumers/_ack_subject.ts";
import { HeldList } from "../../src/consumers/_held.ts";
import { leaseStep } from "../../src/consumers/_leases.ts";
import { nextPrefetch, Prefetch } from "../../src/consumers/_prefetch.ts";
import { pullActionOf } from "../../src/consumers/_pull_status.ts";
import { historyOf, isTriedAlone } from "../../src/consumers/_tries.ts";
import { type CircuitState, CLOSED, nextCircuit } from "../../src/consumers/circuit.ts";

const NANOS = "1732428000123456789";

test("readAckSubject() reads both forms, one after the other", () => {
  const expected = {
    stream: "flight",
    consumer: "tower_log",
    deliveryCount: 2,
    streamSequence: 17,
    consumerSequence: 19,
    storedAt: 1_732_428_000_123,
    pending: 4,
  };
  const short = `$JS.ACK.flight.tower_log.2.17.19.${NANOS}.4`;
  const long = `$JS.ACK.hub.aXbYcZ.flight.tower_log.2.17.19.${NANOS}.4.r4nd0m`;
  for (const reply of [short, long, long, short]) {
    const found = readAckSubject(reply)!;
    assert.deepEqual({ ...found, storedAt: found.storedAt }, expected, reply);
  }
});

test("readAckSubject() refuses what is no reply subject of a consumer", () => {
  const good = `$JS.ACK.s.c.1.2.3.${NANOS}.5`;
  assert.ok(readAckSubject(good));
  const bad = [
    "",
    "_INBOX.x.1",
    "$JS.ACK.s.c",
    `$JS.ACK.s.c.1.2.x.${NANOS}.5`,
    "$JS.ACK.s.c.1.2.3",
  ];
  for (const reply of bad) assert.equal(readAckSubject(reply), undefined, reply);
});

test("pullActionOf() follows its table", () => {
  const cases: [number, string, ReturnType<typeof pullActionOf>][] = [
    [100, "Idle Heartbeat", { type: "alive" }],
    [404, "No Messages", { type: "ended" }],
    [408, "Request Timeout", { type: "ended" }],
    [408, "Interest Expired", { type: "ended" }],
    [409, "Batch Completed", { type: "ended" }],
    [409, "Message Size Exceeds MaxBytes", { type: "too_large" }],
    [409, "Consumer Deleted", { type: "deleted" }],
    [409, "Consumer is push based", { type: "failed", reason: "409 Consumer is push based" }],
    [409, "Leadership Change", { type: "retry", reason: "409 Leadership Change" }],
    [409, "Server Shutdown", { type: "retry", reason: "409 Server Shutdown" }],
    [409, "Exceeded MaxWaiting", { type: "retry", reason: "409 Exceeded MaxWaiting" }],
    [409, "Exceeded MaxRequestBatch of 10", { type: "limited", field: "batch", most: 10 }],
    [409, "Exceeded MaxRequestExpires of 1m1.5s", {
      type: "limited",
      field: "expires",
      most: 61_500,
    }],
    [409, "Exceeded MaxRequestMaxBytes of 512", { type: "limited", field: "max_bytes", most: 512 }],
    [503, "", { type: "absent" }],
    [400, "Bad Request", { type: "failed", reason: "400 Bad Request" }],
    [423, "Nats-Wrong-Pin-Id", { type: "failed", reason: "423 Nats-Wrong-Pin-Id" }],
  ];
  for (const [code, description, expected] of cases) {
    assert.deepEqual(pullActionOf(code, description), expected, `${code} ${description}`);
  }
});

test("nextPrefetch() grows while handlers are starved, and goes back when they are not", () => {
  const state = {
    size: 128,
    concurrency: 64,
    most: 4_096,
    perSecond: 0,
    starved: false,
    averageBytes: 100,
    mostBytes: 1_000_000,
  };
  assert.equal(nextPrefetch({ ...state, starved: true }), 256);
  assert.equal(nextPrefetch({ ...state, starved: true, size: 4_000 }), 4_096);
  assert.equal(nextPrefetch({ ...state, size: 1_000 }), 900);
  assert.equal(nextPrefetch({ ...state, size: 1_000, perSecond: 100_000 }), 4_096);
  assert.equal(nextPrefetch(state), 128, "as many again as run, at least");
  assert.equal(nextPrefetch({ ...state, averageBytes: 100_000 }), 10, "no more bytes than allowed");
  assert.equal(nextPrefetch({ ...state, averageBytes: 1e9 }), 1, "one message always");
});

test("nextPrefetch() never goes beyond its bounds", () => {
  fc.assert(fc.property(
    fc.record({
      size: fc.integer({ min: 1, max: 10_000 }),
      concurrency: fc.integer({ min: 1, max: 1_000 }),
      most: fc.integer({ min: 1, max: 5_000 }),
      perSecond: fc.double({ min: 0, max: 1e6, noNaN: true }),
      starved: fc.boolean(),
      averageBytes: fc.double({ min: 0, max: 1e7, noNaN: true }),
      mostBytes: fc.integer({ min: 1, max: 1e9 }),
    }),
    (state) => {
      const size = nextPrefetch(state);
      assert.ok(size >= 1 && size <= state.most && Number.isInteger(size), `${size}`);
      assert.ok(size === 1 || size * state.averageBytes <= state.mostBytes);
    },
  ));
});

test("Prefetch grows as soon as a whole prefetch was done", () => {
  const prefetch = new Prefetch(8, 1_000, 1e9);
  assert.equal(prefetch.size, 16);
  prefetch.completed(0, false, 100);
  prefetch.completed(15, true, 101);
  assert.equal(prefetch.size, 16);
  prefetch.completed(1, true, 102);
  assert.equal(prefetch.size, 32);
});

test("leaseStep() renews at a third, and gives up in time", () => {
  const options = { ackWaitMs: 600, maxLeaseMs: 5_000, checkMs: 100 };
  const step = (renewedAgo: number, receivedAgo: number) =>
    leaseStep(
      { renewedAt: 10_000 - renewedAgo, receivedAt: 10_000 - receivedAgo },
      10_000,
      options,
    );
  assert.equal(step(99, 99), "keep");
  assert.equal(step(100, 100), "renew", "the next check would be too late");
  assert.equal(step(599, 4_999), "renew");
  assert.equal(step(600, 600), "silence");
  assert.equal(step(0, 5_000), "cap");
});

test("isTriedAlone() from the second crash on, and for the last try", () => {
  assert.deepEqual([2, 3, 4].map((attempt) => isTriedAlone(attempt, 5)), [false, true, true]);
  assert.deepEqual([2, 3].map((attempt) => isTriedAlone(attempt, 2)), [true, true]);
  assert.equal(isTriedAlone(2, 3), false);
});

test("historyOf() counts what nobody could say an end of as one try, by a suspect", () => {
  const noted = (tries: number, delivery: number, ended: boolean) => ({ tries, delivery, ended });
  const innocent = (tries: number) => ({ tries, isSuspect: false });
  const suspect = (tries: number) => ({ tries, isSuspect: true });
  assert.deepEqual(historyOf(undefined, 1), innocent(0));
  assert.deepEqual(historyOf(undefined, 2), suspect(1));
  assert.deepEqual(historyOf(undefined, 9), suspect(1), "however often it was only held");
  assert.deepEqual(historyOf(noted(2, 2, true), 3), innocent(2), "failed, and was given back");
  assert.deepEqual(historyOf(noted(0, 4, true), 5), innocent(0), "only waited");
  assert.deepEqual(historyOf(noted(2, 2, true), 4), suspect(3), "lost after it had failed");
  assert.deepEqual(historyOf(noted(2, 2, false), 3), suspect(2), "begun, and never ended");
  assert.deepEqual(historyOf(noted(2, 2, false), 7), suspect(2));
});

test("nextCircuit() opens after failures in a row, and at the first one when it is half open", () => {
  const run = (state: CircuitState, failed: boolean[]) =>
    failed.reduce((last, each) => nextCircuit(last, each, 3), state);
  assert.deepEqual(run(CLOSED, [true, true, false, true, true]), { type: "closed", failures: 2 });
  assert.deepEqual(run(CLOSED, [true, true, true]), { type: "open" });
  assert.deepEqual(run({ type: "open" }, [false]), { type: "open" }, "begun before it opened");
  assert.deepEqual(run({ type: "half_open" }, [true]), { type: "open" });
  assert.deepEqual(run({ type: "half_open" }, [false]), CLOSED);
});

interface Item {
  id: number;
  heldBefore: Item | undefined;
  heldAfter: Item | undefined;
  isHeld: boolean;
}

test("HeldList keeps its order, whatever is removed, also while it is read", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (ids) => {
    const list = new HeldList<Item>();
    const model = new Set<number>();
    const items = Array.from({ length: 21 }, (_, id): Item => ({
      id,
      heldBefore: undefined,
      heldAfter: undefined,
      isHeld: false,
    }));
    for (const id of ids) {
      if (model.delete(id)) assert.equal(list.delete(items[id]!), true);
      else {
        assert.equal(list.delete(items[id]!), false);
        model.add(id);
        list.add(items[id]!);
      }
    }
    assert.deepEqual([...list].map(({ id }) => id), [...model]);
    for (const item of list) list.delete(item);
    assert.equal(list.size, 0);
  }));
});
