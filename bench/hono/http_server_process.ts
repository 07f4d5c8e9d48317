/**
 * The HTTP servers of the benchmark, each way on a port of its own: `http_server_process.ts NATS`.
 *
 * Prints `ready` and the ports.
 *
 * @module
 */
import { create, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import {
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import { Hono } from "hono";
import process from "node:process";
import { rpc } from "../../src/hono/mod.ts";
import { localTransport, natsTransport } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { listenHttp } from "../../tests/_support/listen_http.ts";
import { connectControl } from "../frame/participant.ts";
import {
  echoReading,
  EchoRequestSchema,
  EchoResponseSchema,
  EchoService,
} from "../services/_contract.ts";

const [server = ""] = process.argv.slice(2);
const PATH = "/bench.v1.EchoService/Echo";
const JSON_TYPE = { "Content-Type": "application/json" };

const nc = await connect({ servers: server });
await connectControl(server);
const local = localTransport().add(EchoService, { echo: echoReading });

/** What only reads and writes the same protobuf JSON. */
const plain = new Hono().post(PATH, async (c) => {
  const request = fromJsonString(EchoRequestSchema, await c.req.text(), READING);
  const response = create(EchoResponseSchema, echoReading(request));
  return c.body(toJsonString(EchoResponseSchema, response), 200, JSON_TYPE);
});
const READING = { ignoreUnknownFields: true };

/** What one writes by hand to reach a service over NATS. */
const request = new Hono().post(PATH, async (c) => {
  const payload = new Uint8Array(await c.req.arrayBuffer());
  const reply = await nc.request("rpc.bench.v1.EchoService.Echo", payload, { timeout: 5_000 });
  return c.body(reply.data as Uint8Array<ArrayBuffer>, 200, {
    "Content-Type": "application/proto",
  });
});

/** The router of Connect-ES, mounted in Hono. */
function stock(): Hono {
  const router = createConnectRouter({ grpc: false });
  const routes = (router: ConnectRouter) => router.service(EchoService, { echo: echoReading });
  const app = new Hono();
  for (const handler of routes(router).handlers) {
    app.post(handler.requestPath, async (c) => {
      const request = universalServerRequestFromFetch(c.req.raw, {});
      return universalServerResponseToFetch(await handler(request));
    });
  }
  return app;
}

/** Tells the processor time of this process, in microseconds. */
const cpu = new Hono().get("/", (c) => {
  const { user, system } = process.cpuUsage();
  return c.json(user + system);
});

const apps = {
  cpu,
  plain,
  stock: stock(),
  local: new Hono().route("/", rpc(EchoService, { transport: local })),
  request,
  nats: new Hono().route("/", rpc(EchoService, { transport: natsTransport(nc) })),
};
const ports: Record<string, number> = {};
for (const [name, app] of Object.entries(apps)) {
  const fetch = app.fetch as (request: Request) => Promise<Response>;
  const { port } = await listenHttp(fetch, { ownsProcess: true });
  ports[name] = port;
}
console.log(`ready ${JSON.stringify(ports)}`);
