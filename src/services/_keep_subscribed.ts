import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import type { ServiceEvent } from "./service_event.ts";

/** Milliseconds before a subscription that was refused is tried again: doubling, from and to. */
const RETRY_MS = { first: 1_000, most: 30_000 };

/**
 * Listens on a subject; when the server refuses the subscription, tries again until it is drained.
 *
 * @param queue Queue group; the empty text for none.
 */
export function keepSubscribed(
  nc: NatsConnection,
  subject: string,
  queue: string,
  receive: (message: Msg) => void,
  onEvent: (event: ServiceEvent) => void,
): { drain(): Promise<void> } {
  let subscription: Subscription;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  const restored = () => {
    if (failures === 0) return;
    failures = 0;
    onEvent({ type: "subscription_restored", subject });
  };
  const failed = (error: Error) => {
    onEvent({ type: "subscription_error", subject, error });
    retry = setTimeout(subscribe, Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** failures++));
  };
  function subscribe(): void {
    retry = undefined;
    if (nc.isClosed()) return;
    subscription = nc.subscribe(subject, {
      queue,
      callback: (error, message) => error === null ? receive(message) : failed(error),
    });
    // A refusal comes before the answer to this flush; a lost connection subscribes again by itself.
    if (failures > 0) nc.flush().then(() => retry === undefined && restored(), () => {});
  }
  subscribe();
  return {
    async drain() {
      clearTimeout(retry);
      if (!subscription.isClosed()) await subscription.drain();
    },
  };
}
