import { ManagedServer, type ServerPorts } from "./_managed_server.ts";
import { isPortFree, pickPorts } from "./_ports.ts";
import { binaryFor, checkServerOptions, retryOnPortInUse } from "./_start.ts";
import type { NatsServer, NatsServerOptions } from "./nats_server.ts";

/**
 * Starts a nats-server and waits until it is ready.
 *
 * It listens on the loopback address only. The server is found, or fetched, by
 * {@linkcode findNatsServer}.
 *
 * @throws {NatsServerStartError} If it ends or is not ready in time.
 * @throws {NatsServerNotFoundError} If there is no server to start.
 * @throws {TypeError} If options contradict each other.
 * @example A server for one test
 * ```ts
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer();
 * console.log(server.url, server.version);
 * ```
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  checkServerOptions(options);
  const binary = await binaryFor(options);
  return await retryOnPortInUse(options, async () => {
    const ports = await choosePorts(options);
    const name = options.serverName ?? `nats-${ports.client}`;
    return await ManagedServer.start({ binary, name, ports, options });
  });
}

async function choosePorts(options: NatsServerOptions): Promise<ServerPorts> {
  const { port, monitorPort, websocket = false } = options;
  const websocketPort = typeof websocket === "object" ? websocket.port : undefined;
  for (const fixed of [port, monitorPort, websocketPort]) {
    if (fixed === undefined || await isPortFree(fixed)) continue;
    throw new Error(`Cannot start nats-server as port ${fixed} must be free: it is in use`);
  }
  const [client, monitor, ws] = await pickPorts(3);
  return {
    client: port ?? client!,
    monitor: monitorPort ?? monitor!,
    websocket: websocket ? websocketPort ?? ws! : undefined,
  };
}
