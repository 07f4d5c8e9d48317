/**
 * `connect()` over a WebSocket: browsers, workerd, and every other runtime that has `WebSocket`.
 *
 * @module
 */
import { type NatsConnection, wsconnect, type WsSocketFactory } from "@nats-io/nats-core";
import { type ConnectOptions, serversOf, type TransportRules } from "./_connect_options.ts";
import { failedSocket } from "./_failed_socket.ts";
import { openConnection } from "./_open_connection.ts";

export type {
  ConnectionOptions,
  NatsConnection,
  TlsOptions,
  WsSocketFactory,
} from "@nats-io/nats-core";
export type { ConnectOptions, Secret } from "./_connect_options.ts";

/**
 * How to connect over a WebSocket.
 *
 * @example A socket of the package `ws`, on Node before 22
 * ```ts ignore
 * import { connect } from "@shizuku/shizuku/transport/ws";
 * import { WebSocket } from "ws";
 *
 * await using nc = await connect({
 *   servers: "wss://nats.example.com",
 *   wsFactory: async (url) => ({
 *     socket: new WebSocket(url) as unknown as globalThis.WebSocket,
 *     encrypted: url.startsWith("wss:"),
 *   }),
 * });
 * ```
 */
export interface WsConnectOptions extends ConnectOptions {
  /**
   * Makes the socket, where the runtime has no `WebSocket` (Node before 22) or headers are to be
   * sent.
   */
  wsFactory?: WsSocketFactory;
}

const RULES: TransportRules = {
  kind: "ws",
  name: "./transport/ws",
  schemes: ["ws://", "wss://"],
  secure: "wss://",
};

/**
 * Connects to NATS over a WebSocket.
 *
 * `wss://` is TLS; the platform says which certificates are good, so that the files of the option
 * `tls` are refused here. What comes back is the official client's connection; disposing of it
 * drains it.
 *
 * @param options Servers, credentials, reconnecting; addresses begin with `ws://` or `wss://`.
 * @throws {TypeError} If an option is wrong.
 * @throws {ShizukuError} `unavailable` if no server can be reached or its certificate is not
 * trusted, `unauthenticated` if it refuses the credentials, `deadline_exceeded` if it does not
 * answer, `unimplemented` if the runtime has no `WebSocket`.
 * @throws The signal's reason, if that aborts.
 * @example Connect, use, close
 * ```ts ignore
 * import { connect } from "@shizuku/shizuku/transport/ws";
 *
 * await using nc = await connect({ servers: "wss://nats.example.com" });
 * ```
 */
export function connect(options: WsConnectOptions = {}): Promise<NatsConnection> {
  const wsFactory = socketFactory(options);
  return openConnection((all) => wsconnect({ ...all, wsFactory }), options, RULES);
}

/** Makes sockets. What servers tell of each other are addresses without scheme. */
function socketFactory(options: WsConnectOptions): WsSocketFactory {
  const { wsFactory = webSocket } = options;
  const isSecure = serversOf(options).some((server) => server.startsWith(RULES.secure));
  return async (address, all) => {
    const url = /^wss?:/.test(address) ? address : `${isSecure ? "wss" : "ws"}://${address}`;
    try {
      return await wsFactory(url, all);
    } catch (error) {
      return { socket: failedSocket(error), encrypted: false };
    }
  };
}

const webSocket: WsSocketFactory = (url) =>
  Promise.resolve({ socket: new WebSocket(url), encrypted: url.startsWith(RULES.secure) });
