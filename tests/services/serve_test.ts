import assert from "node:assert/strict";
import { test } from "node:test";
import { Svcm } from "@nats-io/services";
import {
  createClient,
  createEndpoints,
  type Implementation,
  natsTransport,
  serve,
} from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";
import { createEcho, EchoService } from "./_echo.ts";

async function endpointStats(world: World) {
  // The package types its own, older copy of nats-core.
  const client = new Svcm(world.nc as unknown as ConstructorParameters<typeof Svcm>[0]).client();
  for await (const stats of await client.stats("echo-v1-EchoService")) return stats.endpoints ?? [];
  return [];
}

test("serve() counts requests, errors and time of asynchronous handlers", async () => {
  await using world = await startWorld();
  const implementation: Implementation<typeof EchoService> = {
    ...createEcho().implementation,
    async echo(request) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return request;
    },
  };
  await using _service = await serve(world.nc, EchoService, implementation);
  const client = createClient(natsTransport(world.nc), EchoService);
  await Promise.all([client.echo({ text: "a" }), client.echo({ text: "b" })]);
  await assert.rejects(client.fail({ text: "c" }));
  await eventually(async () => {
    const [echo, fail] = await endpointStats(world);
    assert.equal(echo!.num_requests, 2);
    assert.equal(echo!.num_errors, 0);
    assert.ok(echo!.average_processing_time >= 15_000_000, "15 ms, in nanoseconds");
    assert.equal(fail!.num_errors, 1);
    assert.equal(fail!.last_error, "Cannot echo c");
  });
});

test("serve() answers what it has accepted before it stops", async () => {
  await using world = await startWorld();
  let finish = () => {};
  const gate = new Promise<void>((resolve) => finish = resolve);
  const service = await serve(world.nc, EchoService, {
    ...createEcho().implementation,
    echo: (request) => gate.then(() => request),
  });
  const client = createClient(natsTransport(await world.connect()), EchoService);
  const call = client.echo({ text: "late" });
  await world.nc.flush();
  const another = createClient(natsTransport(world.nc), EchoService);
  await assert.rejects(another.fail({ text: "x" }), { code: "failed_precondition" });
  const stopped = service.stop();
  finish();
  assert.deepEqual(await call, { text: "late" });
  await stopped;
  await assert.rejects(client.echo({ text: "x" }), { code: "unavailable" });
});

test("serve() refuses more calls than it may run, at once", async () => {
  await using world = await startWorld();
  await using _service = await serve(world.nc, EchoService, createEcho().implementation, {
    maxConcurrent: 1,
    drainTimeoutMs: 500,
  });
  const client = createClient(natsTransport(world.nc), EchoService);
  const first = client.untilAborted({ text: "" }, { timeoutMs: 300 });
  await assert.rejects(client.echo({ text: "" }), { code: "resource_exhausted" });
  await assert.rejects(first, { code: "deadline_exceeded" });
});

test("serve() answers garbage and unknown content types with an error and goes on", async () => {
  await using world = await startWorld();
  await using _service = await serve(world.nc, EchoService, createEcho().implementation);
  const transport = natsTransport(world.nc);
  const call = { service: "echo.v1.EchoService", method: "echo", timeoutMs: 1_000 };
  const garbage = new TextEncoder().encode("{not json");
  await assert.rejects(transport.unary({ ...call, payload: garbage }), {
    code: "invalid_argument",
    message: /^Cannot decode json from 9 bytes as they must be JSON/,
  });
  await assert.rejects(
    transport.unary({ ...call, payload: garbage, contentType: "text/csv" }),
    { code: "invalid_argument", message: /must be application\/json/ },
  );
  const client = createClient(transport, EchoService);
  assert.deepEqual(await client.echo({ text: "still here" }), { text: "still here" });
});

test("createEndpoints() names methods that are missing or unknown", () => {
  const { echo, fail, crash } = createEcho().implementation;
  const wrong = { echo, fail, crash, shout: echo } as unknown as Implementation<typeof EchoService>;
  assert.throws(() => createEndpoints(EchoService, wrong), {
    name: "TypeError",
    message: /untilAborted is missing, shout is not a method/,
  });
});
