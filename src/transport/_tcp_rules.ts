import type { TransportRules } from "./_connect_options.ts";

/** The rules of a transport over TCP. */
export function tcpRules(name: string): TransportRules {
  return { kind: "tcp", name, schemes: ["nats://", "tls://", ""], secure: "tls://" };
}
