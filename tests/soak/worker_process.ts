/**
 * One worker of a soak: `worker_process.ts SERVERS ACK_WAIT_MS SERVER_KILLS`, until it is
 * killed.
 *
 * Stores the effect of each report under the report's id, and says on standard output when it sees
 * reports of one airport run together, or out of order.
 *
 * @module
 */
import process from "node:process";
import { createConsumer, defineHook, eventInfo } from "../../src/consumers/mod.ts";
import { json, ShizukuError } from "../../src/core/mod.ts";
import { entity, openBucket } from "../../src/kv/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { NAMES, reported } from "./_reports.ts";
import { LaneWatch } from "./_lane_watch.ts";

const [servers = "", ackWaitMs = "", serverKills = ""] = process.argv.slice(2);
const nc = await connect({
  servers: servers.split(","),
  waitOnFirstConnect: true,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
});
const bucket = await openBucket(nc, NAMES.bucket);
const effects = entity(bucket, { key: "{origin}.{id}", codec: json<number>() });
const lanes = new LaneWatch(Number(serverKills), (what) => console.log(`violation: ${what}`));

const count = defineHook(
  reported,
  {
    name: NAMES.hook,
    key: ({ origin }) => origin,
    attempts: 1_000,
    backoff: { initialMs: 20, maxMs: 500 },
    ackWaitMs: Number(ackWaitMs),
  },
  async ({ id, origin, ordinal }, ctx) => {
    const { sequence } = ctx.get(eventInfo)!;
    using _ = lanes.enter(origin, sequence, ctx.attempt);
    try {
      await effects.create({ origin, id }, ordinal);
    } catch (error) {
      // Whoever did it was killed, or lost the server, before it could say so.
      if (!ShizukuError.is(error) || error.code !== "already_exists") throw error;
    }
  },
);
await createConsumer(nc, count, { component: NAMES.component });
console.log("ready");
