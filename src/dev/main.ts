import process from "node:process";
import { clearInterval, setInterval } from "node:timers";
import { parseArgs } from "node:util";
import { isPortFree, pickPorts } from "./_ports.ts";
import { findNatsServer } from "./find_nats_server.ts";
import type { NatsServerExit } from "./nats_server.ts";
import { startNatsServer } from "./start_nats_server.ts";

const DEFAULT_PORT = 4222;
const HELP = `Starts a local nats-server with JetStream and waits for Ctrl-C.

  --port PORT   port for clients (default ${DEFAULT_PORT}, or another one if that is in use)
  --store DIR   folder of the JetStream store (default a temporary one)
  --ws          listens for WebSockets too
  --find-only   only prints the path of the nats-server, fetching it if need be
  --help        prints this`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string" },
      store: { type: "string" },
      ws: { type: "boolean", default: false },
      "find-only": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  if (values["find-only"]) return console.log((await findNatsServer()).path);
  await runUntilSignal(await toPort(values.port), values.store, values.ws);
}

async function runUntilSignal(
  port: number,
  storeDir: string | undefined,
  websocket: boolean,
): Promise<void> {
  await using server = await startNatsServer({ port, storeDir, websocket });
  console.log(`nats-server ${server.version} at ${server.url}`);
  if (server.wsUrl) console.log(`WebSocket at ${server.wsUrl}`);
  console.log(`monitoring at ${server.monitorUrl}, store in ${server.storeDir}`);
  const exit = await untilSignalOr(server.exited);
  if (!exit) return;
  console.error(`nats-server ended by itself (${exit.signal ?? exit.code})\n${server.log}`);
  process.exitCode = 1;
}

/** A port that is asked for must be free; the default one is only a wish. */
async function toPort(text: string | undefined): Promise<number> {
  const port = Number(text ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`--port must be 1 to 65535: current value is ${text}`);
  }
  if (text !== undefined || await isPortFree(port)) return port;
  const [other] = await pickPorts(1);
  console.error(`port ${port} is in use: taking ${other}`);
  return other!;
}

/** Waits for Ctrl-C or the like, which brings undefined, or for the end of the server. */
function untilSignalOr(exited: Promise<NatsServerExit>): Promise<NatsServerExit | undefined> {
  return new Promise((resolve) => {
    // Neither a signal handler nor the server keeps the process alive.
    const alive = setInterval(() => {}, 60_000);
    const finish = (exit?: NatsServerExit): void => {
      clearInterval(alive);
      resolve(exit);
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => finish());
    void exited.then(finish);
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
