import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { checkConsistency } from "./_consistency.ts";
import { PATIENT } from "./_letters.ts";

test("replica, watch, history and bucket agree after restarts, and nothing went back", async () => {
  await using world = await startWorld({ connect: PATIENT });
  const result = await checkConsistency(world, {
    operations: 3_000,
    keys: 200,
    disturb: () => world.server.restart(),
  });
  assert.ok(result.events > 0 && result.values > 0);
});

test("replica, watch, history and bucket agree after the leader's kill in a cluster", async () => {
  await using world = await startWorld({ cluster: 3, connect: PATIENT });
  const { streams } = await jetstreamManager(world.nc);
  const result = await checkConsistency(world, {
    operations: 1_200,
    keys: 100,
    replicas: 3,
    async disturb() {
      const leader = await eventually(
        async () => (await streams.info("KV_notes")).cluster!.leader,
        { timeoutMs: 30_000 },
      );
      const server = world.cluster!.servers.find(({ name }) => name === leader)!;
      await server.kill();
      await server.restart();
    },
  });
  assert.ok(result.events > 0 && result.values > 0);
  await eventually(async () => {
    assert.equal((await streams.info("KV_notes")).state.consumer_count, 0);
  }, { timeoutMs: 60_000 });
});
