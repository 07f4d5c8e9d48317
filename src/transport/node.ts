/**
 * `connect()` for Node and Bun: TCP and TLS by `node:net`. Runs on Deno too.
 *
 * @module
 */
import type { NatsConnection } from "@nats-io/nats-core";
import { connect as connectSocket } from "@nats-io/transport-node";
import type { ConnectOptions } from "./_connect_options.ts";
import { openConnection } from "./_open_connection.ts";
import { tcpRules } from "./_tcp_rules.ts";

export type { ConnectionOptions, NatsConnection, TlsOptions } from "@nats-io/nats-core";
export type { ConnectOptions, Secret } from "./_connect_options.ts";

/**
 * Connects to NATS over TCP, with TLS where the server offers it.
 *
 * An address that begins with `tls://` demands TLS, and so does the option `tls`. What comes back
 * is the official client's connection; disposing of it drains it.
 *
 * @param options Servers, credentials, TLS, reconnecting; by default a server on this machine.
 * @throws {TypeError} If an option is wrong.
 * @throws {ShizukuError} `unavailable` if no server can be reached or its certificate is not
 * trusted, `unauthenticated` if it refuses the credentials, `deadline_exceeded` if it does not
 * answer, `failed_precondition` if it has no TLS and TLS is asked for.
 * @throws The signal's reason, if that aborts.
 * @example Connect, use, close
 * ```ts ignore
 * import { connect } from "@shizuku/shizuku/transport/node";
 *
 * await using nc = await connect({ servers: "nats://127.0.0.1:4222", name: "orders" });
 * ```
 */
export function connect(options: ConnectOptions = {}): Promise<NatsConnection> {
  return openConnection(connectSocket, options, tcpRules("./transport/node"));
}
