import assert from "node:assert/strict";
import { test } from "node:test";
import { createComponentLocks } from "../../src/component/component_locks.ts";
import { startWorld } from "../_support/world.ts";

test("createComponentLocks() offers every kind, to each component its own", async () => {
  await using world = await startWorld();
  const place = { nc: world.nc, namespace: world.namespace };
  await using ours = createComponentLocks({ ...place, component: "tickets" });
  await using same = createComponentLocks({ ...place, component: "tickets" });
  await using others = createComponentLocks({ ...place, component: "users" });
  await using held = await ours.rw.acquire("a");
  assert.equal(await same.rw.tryAcquire("a"), null);
  await others.rw.withRead("a", () => held.assertHeld());
  assert.equal((await same.rw.inspect("a")).holders.length, 1);
  await ours.mutex.withLock("a", async () => {
    assert.equal(await same.mutex.tryAcquire("a"), null);
    assert.notEqual(await others.mutex.tryAcquire("a"), null);
  });
  const [three, two] = [ours.semaphore(3), same.semaphore(3)];
  assert.equal(three.permits, 3);
  await three.withPermit("a", () =>
    two.withPermit("a", () =>
      three.withPermit("a", async () => {
        assert.equal(await two.tryAcquire("a"), null);
      })));
  const election = ours.election("reports", { ttlMs: 20_000 });
  const termOf = () => election.leadership?.term;
  assert.equal(termOf(), undefined);
  const { term } = await election.campaign({ owner: "Ada" });
  assert.equal(termOf(), term);
  for await (const leader of same.election("reports").observe()) {
    assert.deepEqual([leader?.owner, leader?.term, leader?.isSelf], ["Ada", term, false]);
    break;
  }
  await election.resign();
  assert.equal(termOf(), undefined);
});

test("createComponentLocks() gives everything back when the component stops", async () => {
  await using world = await startWorld();
  const place = { nc: world.nc, namespace: world.namespace, component: "tickets" };
  const ours = createComponentLocks(place);
  await using others = createComponentLocks(place);
  await ours.rw.acquire("a");
  await ours.mutex.acquire("a");
  await ours.semaphore(1).acquire("a");
  await ours.election("a").campaign();
  await ours[Symbol.asyncDispose]();
  await others.rw.withWrite("a", () => {});
  await others.mutex.withLock("a", () => {});
  await others.semaphore(1).withPermit("a", () => {});
  await (await others.election("a").campaign()).resign();
});
