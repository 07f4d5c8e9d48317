/**
 * Answers every request on `echo` with its payload, for the benchmarks.
 *
 * @module
 */
import process from "node:process";
import { connectControl } from "../frame/participant.ts";

const nc = await connectControl(process.argv[2]!);
nc.subscribe("echo", {
  callback: (error, message) => {
    if (error === null) message.respond(message.data);
  },
});
await nc.flush();
console.log("ready");
