import { serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";

/** Answers HTTP requests. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** An HTTP server that is listening. */
export interface Listener extends AsyncDisposable {
  /** Address to open, such as `http://localhost:8000`. */
  readonly url: string;
}

/**
 * Listens for HTTP requests, on Deno, Bun and Node.
 *
 * @param port The port, or 0 for any. If it is taken, the next free one of a hundred.
 * @throws If none is free.
 */
export async function listen(fetch: Fetch, port: number): Promise<Listener> {
  for (let candidate = port;; candidate++) {
    try {
      return await listenOn(fetch, candidate);
    } catch (error) {
      const isTaken = (error as { code?: string }).code === "EADDRINUSE";
      if (!isTaken || candidate >= port + 100) throw error;
    }
  }
}

function listenOn(fetch: Fetch, port: number): Promise<Listener> {
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
