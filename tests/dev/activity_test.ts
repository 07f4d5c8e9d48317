import assert from "node:assert/strict";
import { test } from "node:test";
import { type Activity, describeActivity, isSettled } from "../../src/dev/_activity.ts";

const idle: Activity = {
  streams: { a: 3, b: 1 },
  consumers: [{ stream: "a", name: "x", pending: 0, inFlight: 0, delivered: 3 }],
  calls: 0,
  callsMade: 2,
};
const [consumer] = idle.consumers;

test("isSettled() wants two idle looks between which nothing was counted", () => {
  const busy: Activity[] = [
    { ...idle, consumers: [{ ...consumer!, pending: 1 }] },
    { ...idle, consumers: [{ ...consumer!, inFlight: 1 }] },
    { ...idle, calls: 1 },
  ];
  const moved: Activity[] = [
    { ...idle, streams: { a: 3, b: 2 } },
    { ...idle, streams: { a: 3, b: 1, c: 0 } },
    { ...idle, consumers: [{ ...consumer!, delivered: 4 }] },
    { ...idle, consumers: [] },
    { ...idle, callsMade: 3 },
  ];
  assert.equal(isSettled(idle, structuredClone(idle)), true);
  assert.equal(isSettled(idle, { ...idle, streams: { b: 1, a: 3 } }), true);
  for (const other of [...busy, ...moved]) {
    assert.equal(isSettled(idle, other), false);
    assert.equal(isSettled(other, idle), false);
  }
  for (const other of busy) assert.equal(isSettled(other, other), false);
});

test("describeActivity() names what is not idle", () => {
  assert.deepEqual(describeActivity(idle), []);
  const consumers = [{ ...consumer!, pending: 2, inFlight: 1 }];
  assert.deepEqual(describeActivity({ ...idle, consumers, calls: 2 }), [
    "consumer x of stream a has 2 messages to deliver and 1 in flight",
    "2 RPC calls run",
  ]);
});
