/**
 * The helpdesk, with a nats-server and a database of its own: `deno task helpdesk`.
 *
 * Goes on until Ctrl-C. `NATS_URL` names another server, `DATABASE_URL` a Postgres, `PORT` another
 * port than 8000, and `SHIZUKU_COMPONENTS` the components that run in this process.
 *
 * @module
 */
import process from "node:process";
import { onSignals } from "@shizuku/shizuku/component";
import { startNatsServer } from "@shizuku/shizuku/dev";
import { startApplication } from "./application.ts";

const { NATS_URL, DATABASE_URL, PORT } = process.env;

await using server = NATS_URL === undefined ? await startNatsServer() : undefined;
const servers = NATS_URL ?? server!.url;
console.log(`NATS on ${servers}`);
if (DATABASE_URL === undefined) console.log("Opening a database in this process ...");
const application = await startApplication({
  servers,
  databaseUrl: DATABASE_URL,
  ...(PORT !== undefined && { port: Number(PORT) }),
});
console.log(`The helpdesk is open: ${application.url}\nCtrl-C ends it.`);
await onSignals(application).stopped;
