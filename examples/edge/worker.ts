/**
 * RPC of components at the edge: a worker that calls over NATS through a WebSocket.
 *
 * A connection lives no longer than the request in which it was made, so that there are two ways:
 * one for each request, or one in a Durable Object, which stays. This worker shows both.
 *
 * @module
 */
import { handleRpcError, rpc } from "@shizuku/shizuku/hono";
import { natsTransport } from "@shizuku/shizuku/services";
import { connect, type NatsConnection } from "@shizuku/shizuku/transport/ws";
import { Hono } from "hono";
import { GreetService } from "./greet.ts";

/** What the platform gives the worker. */
interface Env {
  /** Address of a nats-server's WebSocket, such as `wss://nats.example.com`. */
  readonly NATS_URL: string;
  /** The objects that keep a connection. */
  readonly GATEWAY: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

/** The RPC over a connection; cheap enough to be made for each request. */
function gateway(nc: NatsConnection): Hono {
  return new Hono()
    .route("/request", rpc(GreetService, { transport: natsTransport(nc) }))
    .route("/object", rpc(GreetService, { transport: natsTransport(nc) }))
    .onError(handleRpcError);
}

const app = new Hono<{ Bindings: Env }>()
  // A connection for this request.
  .all("/request/*", async (c) => {
    const nc = await connect({ servers: c.env.NATS_URL });
    try {
      return await gateway(nc).fetch(c.req.raw);
    } finally {
      c.executionCtx.waitUntil(nc.close());
    }
  })
  // The connection of a Durable Object. More than one share the load: name them by region, say.
  .all("/object/*", (c) => {
    const { GATEWAY } = c.env;
    return GATEWAY.get(GATEWAY.idFromName("main")).fetch(c.req.raw);
  })
  .onError(handleRpcError);

export default app;

/** Keeps one connection, made at its first request and again when it is lost. */
export class Gateway {
  readonly #env: Env;
  #app: Promise<Hono> | undefined;

  constructor(_state: unknown, env: Env) {
    this.#env = env;
  }

  async fetch(request: Request): Promise<Response> {
    try {
      return await (await (this.#app ??= this.#connect())).fetch(request);
    } catch (error) {
      this.#app = undefined;
      throw error;
    }
  }

  async #connect(): Promise<Hono> {
    const nc = await connect({ servers: this.#env.NATS_URL, maxReconnectAttempts: -1 });
    void nc.closed().then(() => this.#app = undefined);
    return gateway(nc);
  }
}
