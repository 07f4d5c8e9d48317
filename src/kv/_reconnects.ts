import type { NatsConnection } from "@nats-io/nats-core";
import { borderOf } from "../connection/mod.ts";

const LISTENERS = Symbol("kv.reconnects");

/** Calls a function whenever a lost connection is back, until it is disposed of. */
export function onReconnect(nc: NatsConnection, listener: () => void): Disposable {
  const listeners = borderOf(nc).once(LISTENERS, listen);
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}

/** One iterator for each connection, which ends with it: the client keeps one for each call. */
function listen(nc: NatsConnection): Set<() => void> {
  const listeners = new Set<() => void>();
  void (async () => {
    for await (const { type } of nc.status()) {
      if (type === "reconnect") { for (const listener of [...listeners]) listener(); }
    }
  })();
  return listeners;
}
