/**
 * Runs a version of the shop: `shop_process.ts SERVER NAMESPACE VERSION`, until a signal comes.
 *
 * @module
 */
import process from "node:process";
import { createApp, onSignals } from "../../src/component/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { shopComponent } from "./_shop_versions.ts";

const [servers = "", namespace = "", version = ""] = process.argv.slice(2);
const nc = await connect({ servers });
const app = await createApp({
  nc,
  namespace,
  components: [shopComponent(version)],
  registry: { ttlMs: 5_000 },
}).start();
const { stopped } = onSignals(app);
console.log("ready");
await stopped;
await nc.drain();
