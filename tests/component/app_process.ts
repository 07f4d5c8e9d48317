/**
 * Runs some of the components of the tests: `app_process.ts SERVER NAMESPACE TTL_MS NAME…`, until a
 * signal comes, and then says that it has stopped.
 *
 * @module
 */
import process from "node:process";
import { createApp, onSignals } from "../../src/component/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { bill } from "./_bill.ts";
import { parcel } from "./_parcel.ts";

const [servers = "", namespace = "", ttlMs = "", ...names] = process.argv.slice(2);
const nc = await connect({ servers });
const components = [parcel, bill].filter(({ name }) => names.includes(name));
const app = await createApp({
  nc,
  components,
  namespace,
  registry: { ttlMs: Number(ttlMs) },
}).start();
const { stopped } = onSignals(app);
console.log("ready");
console.log(`stopped by ${await stopped}`);
await nc.drain();
