/**
 * The consistency tests of the key-value store in full size.
 *
 * `kv.ts [--operations=100000] [--keys=2000] [--cluster]`: four processes do random operations while
 * the server is restarted twice, or in a cluster the leader is killed twice.
 *
 * `kv.ts --modify [--seconds=180] [--every-ms=3000]`: four processes with four writers each change
 * one value on three servers, while the leader is killed again and again.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { jetstreamManager } from "@nats-io/jetstream";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { checkConsistency } from "../kv/_consistency.ts";
import { killLeaders } from "../kv/_kill_leaders.ts";
import { checkModify } from "../kv/_modify_writers.ts";

const { values } = parseArgs({
  options: {
    operations: { type: "string", default: "100000" },
    keys: { type: "string", default: "2000" },
    cluster: { type: "boolean", default: false },
    modify: { type: "boolean", default: false },
    seconds: { type: "string", default: "180" },
    "every-ms": { type: "string", default: "3000" },
  },
});
if (values.modify) await soakModify(Number(values.seconds), Number(values["every-ms"]));
else await soakAll(Number(values.operations), Number(values.keys), values.cluster);

async function soakModify(seconds: number, everyMs: number): Promise<void> {
  await using world = await startWorld({ cluster: 3, onProgress: () => {} });
  let kills = 0;
  const result = await checkModify(world, {
    replicas: 3,
    seconds,
    disturb: (signal) =>
      killLeaders(world.cluster!, "KV_totals", {
        everyMs,
        signal,
        onKill: (name) => process.stderr.write(`\r${++kills} kills, the last one of ${name} `),
      }),
  });
  const { changes, doubts } = result;
  console.log(`\nexact: ${changes} changes in ${seconds} s with ${kills} kills`);
  for (const doubt of doubts) console.log(`doubt: ${doubt}`);
}

async function soakAll(operations: number, keys: number, isCluster: boolean): Promise<void> {
  const startedAt = performance.now();
  await using world = await startWorld({
    ...(isCluster && { cluster: 3 }),
    connect: { maxReconnectAttempts: -1, reconnectTimeWait: 100 },
    onProgress: () => {},
  });
  const result = await checkConsistency(world, {
    operations,
    keys,
    replicas: isCluster ? 3 : 1,
    disturb: () => isCluster ? killLeader(world) : world.server.restart(),
    onProgress: (done) => process.stderr.write(`\r${done} of ${operations} operations `),
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`\nconsistent: ${JSON.stringify(result)} in ${seconds.toFixed(1)} s`);
}

async function killLeader({ nc, cluster }: World): Promise<void> {
  const { streams } = await jetstreamManager(nc);
  const leader = await eventually(
    async () => (await streams.info("KV_notes")).cluster!.leader,
    { timeoutMs: 30_000 },
  );
  const server = cluster!.servers.find(({ name }) => name === leader)!;
  await server.kill();
  await server.restart();
}
