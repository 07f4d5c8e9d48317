/**
 * Changes one value again and again: `modify_process.ts SERVERS WRITERS CHANGES SEED`. Prints the sum
 * of what its writers have added.
 *
 * @module
 */
import process from "node:process";
import { json } from "../../src/core/mod.ts";
import { openBucket, value } from "../../src/kv/mod.ts";
import { connect } from "../../src/transport/node.ts";

const [servers = "", writers = "", changes = "", seed = ""] = process.argv.slice(2);
await using nc = await connect({
  servers: servers.split(","),
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
  waitOnFirstConnect: true,
});
const bucket = await openBucket(nc, "totals", { timeoutMs: 2_000 });
const total = value(bucket, { key: "total", codec: json<number>() });
let sum = 0;
console.log("ready");
await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
console.log(`sum ${sum}`);

async function write(writer: number): Promise<void> {
  for (let change = 0; change < Number(changes); change++) {
    const amount = (Number(seed) * 31 + writer * 17 + change * 7) % 10 + 1;
    await total.modify((found = 0) => found + amount, { attempts: 100_000 });
    sum += amount;
    if (change % 10 === 9) console.log("progress");
  }
}
