/**
 * A process that uses locks in a benchmark: `lock_process.ts SERVER ID`.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../../src/transport/node.ts";
import { connectControl } from "../frame/participant.ts";
import { loadLock, type LockLoad } from "./_lock_load.ts";
import { type LockWay, WAYS } from "./_lock_ways.ts";

const [server = "", id = ""] = process.argv.slice(2);
const nc = await connect({ servers: server });
const ways: Record<string, LockWay> = {};
for (const [name, open] of Object.entries(WAYS)) ways[name] = await open(nc);
const control = await connectControl(server);
control.subscribe(`control.lock.${id}`, {
  callback(_error, message) {
    const load = message.json<LockLoad>();
    void loadLock(ways[load.way]!, load).then(
      (uses) => message.respond(JSON.stringify({ uses })),
      (error) => message.respond(JSON.stringify({ error: String(error) })),
    );
  },
});
await control.flush();
console.log("ready");
