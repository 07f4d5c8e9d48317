/**
 * The consistency test of the key-value store in full size.
 *
 * `kv.ts [--operations=100000] [--keys=2000] [--cluster]`: four processes do random operations while
 * the server is restarted twice, or in a cluster the leader is killed twice.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { jetstreamManager } from "@nats-io/jetstream";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { checkConsistency } from "../kv/_consistency.ts";

const { values } = parseArgs({
  options: {
    operations: { type: "string", default: "100000" },
    keys: { type: "string", default: "2000" },
    cluster: { type: "boolean", default: false },
  },
});
const operations = Number(values.operations);
const startedAt = performance.now();

await using world = await startWorld({
  ...(values.cluster && { cluster: 3 }),
  connect: { maxReconnectAttempts: -1, reconnectTimeWait: 100 },
  onProgress: () => {},
});
const result = await checkConsistency(world, {
  operations,
  keys: Number(values.keys),
  replicas: values.cluster ? 3 : 1,
  disturb: () => values.cluster ? killLeader(world) : world.server.restart(),
  onProgress: (done) => process.stderr.write(`\r${done} of ${operations} operations `),
});
const seconds = (performance.now() - startedAt) / 1_000;
console.log(`\nconsistent: ${JSON.stringify(result)} in ${seconds.toFixed(1)} s`);

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
