import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import { claimSockets, turnToConnect } from "./_claim_sockets.ts";
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
  await turnToConnect();
  signal?.throwIfAborted();
  return await openUntil(open, checked, options, rules);
}

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
    open({ ...checked, reconnectDelayHandler })
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
