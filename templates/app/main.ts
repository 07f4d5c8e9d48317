/**
 * Runs the application until Ctrl-C, on a nats-server of its own.
 *
 * `NATS_URL` names another server, and `PORT` another port than 8000.
 *
 * @module
 */
import process from "node:process";
import { serve } from "@hono/node-server";
import { createApp, onSignals } from "@shizuku/shizuku/component";
import { startNatsServer } from "@shizuku/shizuku/dev";
import { connect } from "@shizuku/shizuku/transport/node";
import { guestbook } from "./guestbook.ts";
import { createHttp } from "./http.ts";

const { NATS_URL, PORT = "8000" } = process.env;

await using server = NATS_URL === undefined ? await startNatsServer() : undefined;
await using nc = await connect({ servers: NATS_URL ?? server!.url, maxReconnectAttempts: -1 });
await using app = await createApp({ nc, components: [guestbook] }).start();
const http = serve({ fetch: createHttp(app).fetch, port: Number(PORT) }, ({ port }) => {
  console.log(`The guestbook is open. Sign it by
  curl -H 'content-type: application/json' -d '{"name":"Ada","text":"A lovely place"}' \\
    http://localhost:${port}/guestbook.v1.GuestbookService/Sign
and read it at http://localhost:${port}/guestbook.v1.GuestbookService/List?encoding=json&message={}`);
});

await onSignals(app).stopped;
http.close();
