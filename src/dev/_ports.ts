import { createServer } from "node:net";

/** The address that every listener of a development server is bound to. */
export const HOST = "127.0.0.1";

// Below every system's range for outgoing connections (Linux 32768, others 49152): none of those
// can take a port while its server restarts. Above 10,080, the last port that fetch() refuses.
const FIRST_PORT = 10_081;
const LAST_PORT = 32_000;
const MAX_TRIES = 200;

/** Says whether a port of the loopback address can be listened on right now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: HOST, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Picks that many ports that are free right now; another process may still be faster. */
export async function pickPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === MAX_TRIES) throw new Error(`Cannot find ${count} free ports on ${HOST}`);
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (!ports.has(port) && await isPortFree(port)) ports.add(port);
  }
  return [...ports];
}
