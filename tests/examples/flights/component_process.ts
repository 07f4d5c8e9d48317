/**
 * Runs some components of the flights application, with HTTP: `component_process.ts SERVER NAME…`.
 *
 * @module
 */
import process from "node:process";
import { onSignals } from "@shizuku/shizuku/component";
import { startApplication } from "../../../examples/flights/application.ts";

const [servers = "", ...only] = process.argv.slice(2);
const application = await startApplication({ servers, port: 0, only });
const { stopped } = onSignals({ stop: () => application[Symbol.asyncDispose]() });
console.log(`listens on ${application.url}`);
await stopped;
