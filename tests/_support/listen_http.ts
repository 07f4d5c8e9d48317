import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";

/** Answers HTTP requests. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** An HTTP server of a test, on the loopback interface. */
export interface HttpListener extends AsyncDisposable {
  /** Its port. */
  readonly port: number;
  /** Its address, such as `http://127.0.0.1:43210`. */
  readonly url: string;
}

/** The part of Bun that serves HTTP. */
interface BunServe {
  serve(options: { fetch: Fetch; port: number; hostname: string; idleTimeout: number }): {
    readonly port: number;
    stop(closeConnections: boolean): Promise<void>;
  };
}

const HOST = "127.0.0.1";

/** How to listen. */
export interface ListenOptions {
  /**
   * Whether the whole process may be set up for it: Hono's server for Node then puts cheaper ones of
   * its own in place of the global `Request` and `Response`, as it does by default.
   * @default {false}
   */
  ownsProcess?: boolean;
}

/** Listens on a free port, with the runtime's own server: Deno's, Bun's, or Node's through Hono. */
export function listenHttp(
  fetch: Fetch,
  { ownsProcess = false }: ListenOptions = {},
): Promise<HttpListener> {
  if ("Deno" in globalThis) return Promise.resolve(listenOnDeno(fetch));
  if ("Bun" in globalThis) return Promise.resolve(listenOnBun(fetch));
  return listenOnNode(fetch, ownsProcess);
}

function listenOnDeno(fetch: Fetch): HttpListener {
  const server = Deno.serve({ port: 0, hostname: HOST, onListen: () => {} }, fetch);
  return toListener(server.addr.port, () => server.shutdown());
}

function listenOnBun(fetch: Fetch): HttpListener {
  const { Bun } = globalThis as unknown as { Bun: BunServe };
  const server = Bun.serve({ fetch, port: 0, hostname: HOST, idleTimeout: 0 });
  return toListener(server.port, () => server.stop(true));
}

function listenOnNode(fetch: Fetch, overrideGlobalObjects: boolean): Promise<HttpListener> {
  return new Promise((resolve, reject) => {
    const options = { fetch, port: 0, hostname: HOST, overrideGlobalObjects };
    const server = serve(
      options,
      ({ port }: AddressInfo) =>
        resolve(toListener(port, () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ("closeAllConnections" in server) server.closeAllConnections();
          }))),
    );
    server.once("error", reject);
  });
}

function toListener(port: number, stop: () => Promise<void>): HttpListener {
  return { port, url: `http://${HOST}:${port}`, [Symbol.asyncDispose]: stop };
}
