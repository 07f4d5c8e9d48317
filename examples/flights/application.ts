import { createApp, type RunningApp } from "@shizuku/shizuku/component";
import { connect } from "@shizuku/shizuku/transport/node";
import { delays } from "./delays.ts";
import { flights } from "./flights.ts";
import { createHttp } from "./http.ts";
import { listen } from "./listen.ts";

/** Options of {@linkcode startApplication}. */
export interface ApplicationOptions {
  /** Address of the nats-server. */
  servers: string;
  /**
   * Port for HTTP; the next free one if it is taken.
   * @default {8000}
   */
  port?: number;
  /** Which components run in this process; all by default. */
  only?: readonly string[] | undefined;
}

/** The application, running. */
export interface Application extends AsyncDisposable {
  /** Address of its HTTP server. */
  readonly url: string;
  /** Its components. */
  readonly app: RunningApp;
}

/** Connects to NATS, starts the components, and listens for HTTP. */
export async function startApplication(
  { servers, port = 8000, only }: ApplicationOptions,
): Promise<Application> {
  const stack: AsyncDisposable[] = [];
  const stop = async () => {
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      await part[Symbol.asyncDispose]();
    }
  };
  try {
    const nc = await connect({ servers, name: "flights", maxReconnectAttempts: -1 });
    stack.push({ [Symbol.asyncDispose]: () => nc.drain() });
    const app = await createApp({ nc, components: [flights, delays], only }).start();
    stack.push(app);
    const streams = new AbortController();
    const http = await listen((await createHttp(app, streams.signal)).fetch, port);
    stack.push(http);
    // A server waits for its open responses: the endless ones end first.
    stack.push({ [Symbol.asyncDispose]: () => Promise.resolve(streams.abort()) });
    return { url: http.url, app, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
