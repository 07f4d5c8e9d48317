/**
 * A benchmark that starts a participant and then waits to be killed; prints a port on
 * which the participant listens.
 *
 * @module
 */
import { startParticipant } from "../../bench/frame/participant.ts";
import { startNatsServer } from "../../src/dev/mod.ts";

const server = await startNatsServer({ jetstream: false, onProgress: () => {} });
const script = new URL("./idle_participant_process.ts", import.meta.url);
const participant = await startParticipant(script, server.url);
console.log(`port ${await participant.ask<number>("listen", null)}`);
