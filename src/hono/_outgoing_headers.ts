import { type HeadersRecord, MessageHeaders } from "../core/mod.ts";

/** What a component may not set: names of NATS and our own, and what says how a message is sent. */
const RESERVED =
  /^(nats|shizuku|connect|content|proxy|keep)-|^(connection|date|te|trailer|transfer-encoding|upgrade)$/i;

/** The headers of a reply that go on to the caller, as Hono takes them. */
export function toOutgoing(
  headers: MessageHeaders | HeadersRecord | undefined,
): Record<string, string[]> | undefined {
  if (headers === undefined) return undefined;
  const kept = [...MessageHeaders.from(headers)].filter(([name]) => !RESERVED.test(name));
  return Object.fromEntries(kept.map(([name, values]) => [name, [...values]]));
}
