import {
  Code,
  ConnectError,
  createClient as createConnectClient,
  createConnectRouter,
  type ServiceImpl,
} from "@connectrpc/connect";
import {
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import { Hono } from "hono";
import { test } from "node:test";
import { ShizukuError } from "../../src/core/mod.ts";
import { createClient, type Transport } from "../../src/services/mod.ts";
import { type Fetch, listenHttp } from "../_support/listen_http.ts";
import { delays, DelayService } from "./_delays.ts";

/** As the guide shows it. */
function grpcWeb(transport: Transport): Hono {
  const client = createClient(transport, DelayService);
  const fail = (error: unknown): never => {
    if (!ShizukuError.is(error)) throw error;
    throw new ConnectError(error.message, codeFromString(error.code));
  };
  const router = createConnectRouter({ grpc: false, connect: false }).service(
    DelayService,
    {
      getAirport: (request, { signal }) => client.getAirport(request, { signal }).catch(fail),
      listWorst: (request, { signal }) => client.listWorst(request, { signal }).catch(fail),
      rebuild: (request, { signal }) => client.rebuild(request, { signal }).catch(fail),
    } satisfies ServiceImpl<typeof DelayService>,
  );
  const app = new Hono();
  for (const handler of router.handlers) {
    app.post(handler.requestPath, async (c) => {
      const request = universalServerRequestFromFetch(c.req.raw, {});
      return universalServerResponseToFetch(await handler(request));
    });
  }
  return app;
}

test("the stock router serves a component in gRPC-Web", async () => {
  const app = new Hono().route("/grpc-web", grpcWeb(delays()));
  await using http = await listenHttp(app.fetch as Fetch);
  const transport = createGrpcWebTransport({ baseUrl: `${http.url}/grpc-web` });
  const client = createConnectClient(DelayService, transport);
  assert.equal((await client.getAirport({ iata: "ORD" })).airport?.flights, 7);
  const error = await client.getAirport({ iata: "???" }).catch(ConnectError.from);
  assert.ok(error instanceof ConnectError);
  assert.deepEqual([error.code, error.rawMessage], [Code.NotFound, "Cannot find airport ???"]);
});
