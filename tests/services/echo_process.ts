/**
 * Serves the echo service until its standard input ends, and prints why handlers were aborted:
 * `echo_process.ts <address of the nats-server>`.
 *
 * @module
 */
import process from "node:process";
import { ShizukuError } from "../../src/core/mod.ts";
import { serve } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { createEcho, EchoService } from "./_echo.ts";

const nc = await connect({ servers: process.argv[2]! });
const { implementation } = createEcho();
await serve(nc, EchoService, {
  ...implementation,
  untilAborted: (_request, ctx) =>
    new Promise((_, reject) => {
      console.log("begun");
      ctx.signal.addEventListener("abort", () => {
        console.log(`aborted: ${ShizukuError.from(ctx.signal.reason).code}`);
        reject(ctx.signal.reason);
      });
    }),
});
console.log("ready");
