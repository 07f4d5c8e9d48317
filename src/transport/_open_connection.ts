import type { ConnectionOptions, NatsConnection, WsSocketFactory } from "@nats-io/nats-core";
import { claimSockets, turnToConnect } from "./_claim_sockets.ts";
import { failedSocket } from "./_failed_socket.ts";
import { toConnectError } from "./_connect_error.ts";
import { type ConnectOptions, toClientOptions, type TransportRules } from "./_connect_options.ts";

/** A transport's own `connect()`. */
export type Open = (options: ConnectionOptions) => Promise<NatsConnection>;

/** Connects with a transport: checks the options, gives up with the signal, translates errors. */
export async function openConnection(
  open: Open,
  options: ConnectOptions,
  rules: TransportRules,
): Promise<NatsConnection> {
  const { signal } = options;
  const checked = toClientOptions(options, rules);
  for (let tries = 1;; tries++) {
    await turnToConnect();
    signal?.throwIfAborted();
    try {
      return await openUntil(open, checked, options, rules);
    } catch (error) {
      if (tries === TRIES || !(error instanceof Error && error.message.includes(TAKEN))) {
        throw error;
      }
    }
  }
}

/** What a socket of TCP fails with that a WebSocket has come before. */
const TAKEN = "another transport was about to connect";
const TRIES = 5;

/** TCP makes no such socket but when it gets the other transport's. */
const wsFactory: WsSocketFactory = () =>
  Promise.resolve({ socket: failedSocket(TAKEN), encrypted: false });

function openUntil(
  open: Open,
  checked: ConnectionOptions,
  options: ConnectOptions,
  { kind }: TransportRules,
): Promise<NatsConnection> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    let givenUp = false;
    const onAbort = () => {
      givenUp = true;
      reject(signal?.reason);
    };
    // Asked for before each try. The client cannot be cancelled, but ends if this throws.
    const reconnectDelayHandler = () => {
      if (givenUp) throw signal?.reason;
      claimSockets(open, kind);
      return delayMs(checked);
    };
    signal?.addEventListener("abort", onAbort);
    open({ ...checked, ...(kind === "tcp" && { wsFactory }), reconnectDelayHandler })
      .then(
        (nc) => givenUp ? void nc.close() : resolve(nc),
        (thrown) => reject(toConnectError(thrown, options)),
      )
      .finally(() => signal?.removeEventListener("abort", onAbort));
  });
}

/** What the client does by itself where it has no handler. */
function delayMs(options: ConnectionOptions): number {
  if (options.reconnectDelayHandler !== undefined) return options.reconnectDelayHandler();
  const { tls, reconnectTimeWait = 2_000, reconnectJitter = 100, reconnectJitterTLS = 1_000 } =
    options;
  const jitterMs = tls ? reconnectJitterTLS : reconnectJitter;
  return reconnectTimeWait + Math.floor(Math.random() * (jitterMs + 1));
}
