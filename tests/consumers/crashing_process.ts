/**
 * A worker that a certain event takes down: `crashing_process.ts SERVER`.
 *
 * @module
 */
import process from "node:process";
import { createConsumer, defineHook } from "../../src/consumers/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { landed, PLACE } from "./_landed.ts";

const nc = await connect({ servers: process.argv[2]! });
const hook = defineHook(
  landed,
  { name: "land", attempts: 3, ackWaitMs: 4_000, concurrency: 4 },
  async (event) => {
    console.log(`begins ${event.flight}`);
    // The others have begun and are not done: they go down with it.
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (event.flight === 5) process.kill(process.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  },
);
await createConsumer(nc, hook, PLACE);
console.log("ready");
