import type { NatsConnection } from "@nats-io/nats-core";

/**
 * The prefix that the user wants for inboxes. It is in no public type; the official clients read it
 * in this place too.
 */
export function inboxPrefixOf(nc: NatsConnection): string | undefined {
  const prefix = (nc as { options?: { inboxPrefix?: unknown } }).options?.inboxPrefix;
  return typeof prefix === "string" ? prefix : undefined;
}
