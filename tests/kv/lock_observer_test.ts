import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../src/kv/_instant.ts";
import { elapsedAtLeast, elapsedAtMost } from "../../src/kv/_instant.ts";
import { LockObserver } from "../../src/kv/_lock_observer.ts";
import { FREE_LOCK, type LockDocument, step } from "../../src/kv/mod.ts";

function at(monotonic: number, wall: number = monotonic): Instant {
  return { monotonic, wall };
}

function lockOf(sessions: LockDocument["s"]): LockDocument {
  return { ...FREE_LOCK, s: sessions };
}

test("LockObserver: a session without a new heartbeat for its ttl can be evicted", () => {
  const observer = new LockObserver("me");
  observer.observe(lockOf({ me: [1, 100, ""], a: [1, 100, ""], b: [1, 500, ""] }), at(0));
  assert.deepEqual(observer.evictable(at(99)), []);
  assert.equal(observer.nextEvictionMs(at(40)), 60);
  observer.observe(lockOf({ me: [1, 100, ""], a: [1, 100, ""], b: [1, 500, ""] }), at(90));
  assert.deepEqual(observer.evictable(at(100)), ["a"]);
  observer.observe(lockOf({ a: [2, 100, ""] }), at(101));
  assert.deepEqual(observer.evictable(at(200)), []);
  assert.deepEqual(observer.evictable(at(201)), ["a"]);
  assert.equal(new LockObserver("me").nextEvictionMs(at(0)), Infinity);
});

test("LockObserver: a session that comes back is not the dead one that it looks like", () => {
  const join = { type: "join", ticket: "1", session: "a", mode: "write", ttlMs: 100 } as const;
  const beat = (beat: number) => ({ type: "heartbeat", session: "a", beat }) as const;
  const observer = new LockObserver("me");
  observer.observe(step(FREE_LOCK, [join, beat(1)]), at(0));
  // It left, and took the lock again, while nobody looked.
  observer.observe(step(FREE_LOCK, [{ ...join, ticket: "2" }, beat(3)]), at(5_000));
  assert.deepEqual(observer.evictable(at(5_001)), []);
});

test("LockObserver: a wall clock that is set forward evicts nobody", () => {
  const observer = new LockObserver("me");
  observer.observe(lockOf({ a: [1, 100, ""] }), at(0, 0));
  assert.deepEqual(observer.evictable(at(50, 3_600_000)), []);
});

test("LockObserver: a wall clock that is set back costs only the time between two looks", () => {
  const observer = new LockObserver("me");
  observer.observe(lockOf({ a: [1, 100, ""] }), at(0, 0));
  assert.equal(observer.nextEvictionMs(at(60, 60)), 40);
  assert.equal(observer.nextEvictionMs(at(70, -3_600_000)), 40);
  assert.deepEqual(observer.evictable(at(100, -3_599_970)), []);
  assert.deepEqual(observer.evictable(at(110, -3_599_960)), ["a"]);
});

test("elapsedAtLeast() takes the slower clock, elapsedAtMost() the faster one", () => {
  assert.equal(elapsedAtLeast(at(0, 0), at(10, 20)), 10);
  assert.equal(elapsedAtMost(at(0, 0), at(10, 20)), 20);
});
