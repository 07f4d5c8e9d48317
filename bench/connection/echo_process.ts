/**
 * Answers every request on `echo` with its payload, for the benchmarks.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../../src/transport/node.ts";

const nc = await connect({ servers: process.argv[2]! });
nc.subscribe("echo", {
  callback: (error, message) => {
    if (error === null) message.respond(message.data);
  },
});
await nc.flush();
console.log("ready");
