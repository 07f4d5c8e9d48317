import assert from "node:assert/strict";
import { test } from "node:test";
import { headers as createHeaders } from "@nats-io/nats-core";
import { type ServiceIdentity, Svcm } from "@nats-io/services";
import { DelayService } from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { createClient, discover, natsTransport, serve } from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { createEcho, EchoService } from "./_echo.ts";

/** The official client types its own, older copy of nats-core. */
type OfficialConnection = ConstructorParameters<typeof Svcm>[0];

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
}

test("serve() answers the questions of the official client", async () => {
  await using world = await startWorld();
  await using service = await serve(world.nc, EchoService, createEcho().implementation, {
    version: "1.2.3",
    description: "Echoes",
    metadata: { team: "a" },
  });
  const nc = await world.connect();
  const official = new Svcm(nc as unknown as OfficialConnection).client({
    strategy: "timer",
    maxWait: 200,
  });
  const identity: Partial<ServiceIdentity> = {
    name: "echo-v1-EchoService",
    id: service.id,
    version: "1.2.3",
    metadata: { contract: "echo.v1.EchoService", team: "a" },
  };
  const type = (verb: string) => `io.nats.micro.v1.${verb}_response`;
  /** It does not wait for long. */
  const answer = <T>(ask: () => Promise<AsyncIterable<T>>) =>
    eventually(async () => {
      const found = await first(await ask());
      assert.ok(found !== undefined);
      return found;
    });
  const pong = await answer(() => official.ping());
  assert.deepEqual(pong, { ...identity, type: type("ping") });
  const info = await answer(() => official.info("echo-v1-EchoService"));
  assert.deepEqual(
    { ...info, endpoints: info.endpoints.length },
    { ...identity, type: type("info"), description: "Echoes", endpoints: 5 },
  );
  const stats = await answer(() => official.stats("echo-v1-EchoService", service.id));
  assert.equal(stats.type, type("stats"));
  assert.ok(!Number.isNaN(Date.parse(stats.started)));
  assert.deepEqual(stats.endpoints?.[0], {
    name: "echo",
    subject: "rpc.echo.v1.EchoService.echo",
    queue_group: "q",
    num_requests: 0,
    num_errors: 0,
    last_error: "",
    processing_time: 0,
    average_processing_time: 0,
  });
});

test("discover() finds services of the official client, and nothing where nobody is", async () => {
  await using world = await startWorld();
  assert.equal(await first(discover(world.nc).ping({ timeoutMs: 5_000 })), undefined);
  const official = new Svcm(world.nc as unknown as OfficialConnection);
  const service = await official.add({ name: "official", version: "0.0.1" });
  await eventually(async () => {
    const identity = await first(discover(world.nc).ping({ timeoutMs: 200 }));
    assert.deepEqual([identity?.name, identity?.version], ["official", "0.0.1"]);
  });
  await service.stop();
});

test("createClient() understands the errors of the official service", async () => {
  await using world = await startWorld();
  const service = await new Svcm(world.nc as unknown as OfficialConnection)
    .add({ name: "official", version: "0.0.1" });
  service.addEndpoint("echo", {
    subject: "rpc.echo.v1.EchoService.echo",
    handler: (_error, message) => message.respondError(404, "no such thing"),
  });
  const client = createClient(natsTransport(world.nc), EchoService);
  await assert.rejects(client.echo({ text: "a" }), { code: "not_found", message: "no such thing" });
  await service.stop();
});

test("serve() takes protobuf, in binary and in JSON", async () => {
  await using world = await startWorld();
  await using _service = await serve(world.nc, DelayService, {
    getAirport: ({ iata }) => ({ airport: { iata, flights: 7, meanDelayMinutes: 1.5 } }),
    listWorst: () => ({}),
    rebuild: () => ({}),
  });
  const client = createClient(natsTransport(world.nc), DelayService);
  const { airport } = await client.getAirport({ iata: "ORD" });
  assert.deepEqual([airport?.$typeName, airport?.flights], ["delays.v1.AirportDelays", 7]);
  const headers = createHeaders();
  headers.set("Content-Type", "application/json; charset=utf-8");
  const reply = await world.nc.request("rpc.delays.v1.DelayService.GetAirport", '{"iata":"ORD"}', {
    headers,
    timeout: 30_000,
  });
  assert.equal(reply.headers?.get("Content-Type"), "application/json");
  assert.equal(reply.string(), '{"airport":{"iata":"ORD","flights":7,"meanDelayMinutes":1.5}}');
});
