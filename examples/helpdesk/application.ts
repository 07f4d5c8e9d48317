import { serve } from "@hono/node-server";
import { createApp, onlyFromEnv, provider } from "@shizuku/shizuku/component";
import { connect } from "@shizuku/shizuku/transport/node";
import type { AddressInfo } from "node:net";
import { openDatabase } from "./database.ts";
import { createHttp } from "./http.ts";
import { notify } from "./notify.ts";
import { ticket } from "./ticket.ts";
import { user } from "./user.ts";

/** Options of {@linkcode startApplication}. */
export interface ApplicationOptions {
  /** Address of the nats-server. */
  servers: string;
  /** Address of a Postgres. By default the database is within the process. */
  databaseUrl?: string | undefined;
  /**
   * Port for HTTP, 0 for any.
   * @default {8000}
   */
  port?: number;
}

/** The application, running. */
export interface Application extends AsyncDisposable {
  /** Address of its HTTP server. */
  readonly url: string;
  /** Stops it in order. */
  stop(): Promise<void>;
}

/**
 * Connects to NATS, starts the components, and listens for HTTP. `SHIZUKU_COMPONENTS` names those
 * that run in this process, such as `user,notify`; they need a database by address then, as all
 * processes share it.
 */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const { servers, databaseUrl, port = 8000 } = options;
  const running: AsyncDisposable[] = [];
  const stop = async () => {
    for (let part = running.pop(); part !== undefined; part = running.pop()) {
      await part[Symbol.asyncDispose]();
    }
  };
  try {
    const nc = await connect({ servers, name: "helpdesk", maxReconnectAttempts: -1 });
    running.push({ [Symbol.asyncDispose]: () => nc.drain() });
    const app = await createApp({
      nc,
      components: [user, ticket, notify],
      only: onlyFromEnv(),
      provide: { database: provider(() => openDatabase(databaseUrl)) },
    }).start();
    running.push(app);
    const streams = new AbortController();
    const http = await listen((await createHttp({ app, nc, signal: streams.signal })).fetch, port);
    running.push(http);
    // A server waits for its open responses: the endless ones end first.
    running.push({ [Symbol.asyncDispose]: () => Promise.resolve(streams.abort()) });
    return { url: http.url, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Fetch = (request: Request) => Response | Promise<Response>;

function listen(fetch: Fetch, port: number): Promise<AsyncDisposable & { url: string }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, overrideGlobalObjects: false }, (address: AddressInfo) => {
      resolve({
        url: `http://localhost:${address.port}`,
        [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
      });
    });
    server.once("error", reject);
  });
}
