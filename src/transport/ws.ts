/**
 * `connect()` over a WebSocket: browsers, workerd, and every other runtime that has `WebSocket`.
 *
 * @module
 */
import { type ConnectionOptions, type NatsConnection, wsconnect } from "@nats-io/nats-core";

export type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";

/**
 * Connects to NATS.
 *
 * @param options Servers, credentials, reconnecting; addresses begin with `ws:` or `wss:`.
 * @throws If no server can be reached, or the server refuses the credentials.
 * @example Connect, use, close
 * ```ts ignore
 * import { connect } from "@shizuku/shizuku/transport/ws";
 *
 * await using nc = await connect({ servers: "ws://127.0.0.1:8080" });
 * ```
 */
export function connect(options: ConnectionOptions = {}): Promise<NatsConnection> {
  return wsconnect(options);
}
