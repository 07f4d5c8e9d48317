/**
 * `connect()` for Node and Bun: TCP and TLS by `node:net`. Runs on Deno too.
 *
 * @module
 */
import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { connect as connectSocket } from "@nats-io/transport-node";

export type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";

/**
 * Connects to NATS.
 *
 * @param options Servers, credentials, reconnecting; by default a server on this machine.
 * @throws If no server can be reached, or the server refuses the credentials.
 * @example Connect, use, close
 * ```ts ignore
 * import { connect } from "@shizuku/shizuku/transport/node";
 *
 * await using nc = await connect({ servers: "nats://127.0.0.1:4222" });
 * ```
 */
export function connect(options: ConnectionOptions = {}): Promise<NatsConnection> {
  return connectSocket(options);
}
