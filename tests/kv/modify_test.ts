import assert from "node:assert/strict";
import { test } from "node:test";
import { startWorld } from "../_support/world.ts";
import { checkModify } from "./_modify_writers.ts";
import { killLeaders } from "./_kill_leaders.ts";

test("Value.modify() by 16 writers in 4 processes loses nothing and does nothing twice", async () => {
  await using world = await startWorld();
  const { changes, doubts } = await checkModify(world, { replicas: 1, changes: 50 });
  assert.deepEqual([changes, doubts], [16 * 50, []]);
});

test("Value.modify() by 16 writers is exact while leaders of the cluster are killed", async () => {
  await using world = await startWorld({ cluster: 3 });
  const { changes, doubts } = await checkModify(world, {
    replicas: 3,
    changes: 40,
    disturb: (signal) => killLeaders(world.cluster!, "KV_totals", { kills: 2, signal }),
  });
  assert.deepEqual([changes, doubts], [16 * 40, []]);
});
