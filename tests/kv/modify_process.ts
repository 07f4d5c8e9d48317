/**
 * Changes one value again and again: `modify_process.ts SERVERS WRITERS CHANGES SEED [SECONDS]`, each
 * writer so many times, or for so long. Prints the sum of what its writers have added, each change's
 * revision, and which changes nobody knows of whether they were done.
 *
 * @module
 */
import process from "node:process";
import { json, ShizukuError } from "../../src/core/mod.ts";
import { openBucket, value } from "../../src/kv/mod.ts";
import { connect } from "../../src/transport/node.ts";

const [servers = "", writers = "", changes = "", seed = "", seconds = "Infinity"] = process.argv
  .slice(2);
const end = performance.now() + Number(seconds) * 1_000;
await using nc = await connect({
  servers: servers.split(","),
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
  waitOnFirstConnect: true,
});
const bucket = await openBucket(nc, "totals", { timeoutMs: 2_000 });
const total = value(bucket, { key: "total", codec: json<number>() });
let sum = 0;
const revisions: number[] = [];
console.log("ready");
await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
for (let at = 0; at < revisions.length; at += 1_000) {
  console.log(`revisions ${revisions.slice(at, at + 1_000)}`);
}
console.log(`sum ${sum}`);

async function write(writer: number): Promise<void> {
  for (let change = 0; change < Number(changes) && performance.now() < end; change++) {
    const amount = (Number(seed) * 31 + writer * 17 + change * 7) % 10 + 1;
    try {
      const saved = await total.modify((found = 0) => found + amount, { attempts: 100_000 });
      sum += amount;
      revisions.push(saved!.revision);
    } catch (error) {
      if (!ShizukuError.is(error) || error.code !== "deadline_exceeded") throw error;
      console.log(`doubt ${amount} ${error.message}: ${error.cause}`);
    }
    if (change % 10 === 9) console.log("progress");
  }
}
