import type { NatsConnection } from "@nats-io/nats-core";
import { WebSocket as NodeWebSocket } from "ws";
import type { NatsServer } from "../../src/dev/mod.ts";
import * as deno from "../../src/transport/deno.ts";
import * as node from "../../src/transport/node.ts";
import * as ws from "../../src/transport/ws.ts";

/** One of the ways to connect. */
export interface TransportUnderTest {
  readonly name: string;
  readonly connect: (options?: node.ConnectOptions) => Promise<NatsConnection>;
  /** Address of a server for it. */
  readonly urlOf: (server: NatsServer) => string;
  /** An address of the kind at which nobody listens. */
  readonly nobody: string;
  /** Whether the process brings certificates, or the platform. */
  readonly platformTls: boolean;
}

const tcp = {
  urlOf: ({ url }: NatsServer) => url,
  nobody: "nats://127.0.0.1:1",
  platformTls: false,
};

/** Node 20 has no `WebSocket`, and takes one through the option for that. */
const wsFactory: ws.WsSocketFactory = (url) =>
  Promise.resolve({
    socket: new NodeWebSocket(url) as unknown as WebSocket,
    encrypted: url.startsWith("wss:"),
  });
const factory = "WebSocket" in globalThis ? {} : { wsFactory };

/** Every transport: all of them run on every runtime. */
export const TRANSPORTS: readonly TransportUnderTest[] = [
  { name: "deno", connect: deno.connect, ...tcp },
  { name: "node", connect: node.connect, ...tcp },
  {
    name: "ws",
    connect: (options = {}) => ws.connect({ ...factory, ...options }),
    urlOf: ({ wsUrl }) => wsUrl!,
    nobody: "ws://127.0.0.1:1",
    platformTls: true,
  },
];
