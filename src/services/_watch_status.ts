import type { NatsConnection, QueuedIterator, Status } from "@nats-io/nats-core";
import type { ServiceEvent } from "./service_event.ts";

const TYPES = {
  disconnect: "disconnect",
  reconnect: "reconnect",
  slowConsumer: "slow_consumer",
} as const;

/** Hears of a connection that is lost or back, and of messages that come too fast. */
export function watchStatus(
  nc: NatsConnection,
  onEvent: (event: ServiceEvent) => void,
): Disposable {
  const statuses = nc.status() as QueuedIterator<Status>;
  const run = async () => {
    for await (const { type } of statuses) {
      if (type in TYPES) onEvent({ type: TYPES[type as keyof typeof TYPES] });
    }
  };
  // The iterator ends with the connection, and does not fail.
  void run();
  return { [Symbol.dispose]: () => statuses.stop() };
}
