import assert from "node:assert/strict";
import { test } from "node:test";
import { DelayService } from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { json, type MessageHeaders, ShizukuError } from "../../src/core/mod.ts";
import {
  createClient,
  defineService,
  discover,
  natsTransport,
  serve,
} from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";
import { NO_GO, runGoClient, startGoService } from "./_go_program.ts";

/** The first run on a machine compiles the official client too. */
const OPTIONS = { skip: NO_GO, timeout: 300_000 };

interface Echo {
  text: string;
  by?: string;
}

const EchoService = defineService("interop.v1.EchoService", {
  Echo: { input: json<Echo>(), output: json<Echo>() },
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
}

const NAME = "interop-v1-EchoService";
const SUBJECT = "rpc.interop.v1.EchoService.Echo";
const JSON_BODY = { "Content-Type": "application/json" };

test("a Go client gets JSON from a protobuf service, and its errors", OPTIONS, async () => {
  await using world = await startWorld();
  await using _service = await serve(world.nc, DelayService, {
    getAirport: ({ iata }) => {
      if (iata !== "ORD") throw new ShizukuError("not_found", `Cannot find airport ${iata}`);
      return { airport: { iata, flights: 7, meanDelayMinutes: 1.5 } };
    },
    listWorst: () => ({}),
    rebuild: () => ({}),
  });
  const subject = "rpc.delays.v1.DelayService.GetAirport";
  const { replies } = await runGoClient(world.server.url, "delays-v1-DelayService", [
    { subject, body: '{"iata":"ORD"}', headers: JSON_BODY },
    { subject, body: '{"iata":"XXX"}', headers: JSON_BODY },
    { subject, body: "{", headers: JSON_BODY },
  ]);
  assert.deepEqual(JSON.parse(replies[0]!.body), {
    airport: { iata: "ORD", flights: 7, meanDelayMinutes: 1.5 },
  });
  assert.deepEqual(replies[0]!.headers, { "Content-Type": ["application/json"] });
  assert.deepEqual(replies[1], {
    body: "",
    headers: {
      "Nats-Service-Error": ["Cannot find airport XXX"],
      "Nats-Service-Error-Code": ["404"],
      "Shizuku-Code": ["not_found"],
    },
  });
  assert.deepEqual(replies[2]!.headers?.["Nats-Service-Error-Code"], ["400"]);
});

test("a Go client reads PING, INFO and STATS into the official types", OPTIONS, async () => {
  await using world = await startWorld();
  await using service = await serve(world.nc, EchoService, {
    Echo({ text }) {
      if (text === "") throw new ShizukuError("not_found", "no such thing");
      return { text, by: "shizuku" };
    },
  }, { version: "1.2.3", description: "Echo in TypeScript", metadata: { language: "ts" } });
  const { replies, ping, info, stats } = await runGoClient(world.server.url, NAME, [
    { subject: SUBJECT, body: '{"text":"Grüezi"}' },
    { subject: SUBJECT, body: '{"text":"Grüezi"}', headers: JSON_BODY },
    { subject: SUBJECT, body: '{"text":""}' },
  ]);
  const echoed = '{"text":"Grüezi","by":"shizuku"}';
  assert.deepEqual(replies.map(({ body }) => body), [echoed, echoed, ""]);
  const identity = {
    name: NAME,
    id: service.id,
    version: "1.2.3",
    metadata: { contract: "interop.v1.EchoService", language: "ts" },
  };
  const endpoint = { name: "Echo", subject: SUBJECT, queue_group: "q" };
  assert.deepEqual(ping, { ...identity, type: "io.nats.micro.v1.ping_response" });
  assert.deepEqual(info, {
    ...identity,
    type: "io.nats.micro.v1.info_response",
    description: "Echo in TypeScript",
    endpoints: [{ ...endpoint, metadata: { "content-types": "application/json" } }],
  });
  const [figures] = stats.endpoints;
  const { processing_time: total, average_processing_time: average } = figures!;
  assert.deepEqual(figures, {
    ...endpoint,
    num_requests: 3,
    num_errors: 1,
    last_error: "no such thing",
    processing_time: total,
    average_processing_time: average,
  });
  assert.equal(average, Math.round(Number(total) / 3));
  assert.ok(Number(average) > 0 && Number(average) < 60_000_000_000, `${average} ns`);
});

test(
  "a typed client calls a Go service, with headers, and its errors have codes",
  OPTIONS,
  async () => {
    await using world = await startWorld();
    await using _service = await startGoService(world.server.url);
    const client = createClient(natsTransport(world.nc), EchoService);
    let heard: MessageHeaders | undefined;
    const reply = await client.Echo({ text: "Grüezi" }, {
      headers: { "X-Tenant": "acme" },
      onHeaders: (headers) => heard = headers,
      timeoutMs: 30_000,
    });
    assert.deepEqual(reply, { text: "Grüezi", by: "go" });
    assert.equal(heard?.get("X-Tenant"), "acme");
    const [, remainingMs] = /\.=(\d+)$/.exec(heard?.get("X-Reply") ?? "") ?? [];
    assert.ok(Number(remainingMs) > 0 && Number(remainingMs) <= 30_000, "ends in the time left");
    const error = await client.Echo({ text: "" }).then(() => undefined, (thrown) => thrown);
    assert.ok(ShizukuError.is(error));
    assert.deepEqual([error.code, error.message], ["not_found", "no such thing"]);
  },
);

test("discover() lists a Go service with what it has done", OPTIONS, async () => {
  await using world = await startWorld();
  await using service = await startGoService(world.server.url);
  const client = createClient(natsTransport(world.nc), EchoService);
  await client.Echo({ text: "one" });
  await assert.rejects(client.Echo({ text: "" }));
  const asked = { name: NAME, id: service.id, timeoutMs: 300 };
  const { ping, info, stats } = discover(world.nc);
  const [pinged, informed, counted] = await eventually(async () => {
    const [[pinged], [informed], [counted]] = await Promise.all([
      all(ping(asked)),
      all(info(asked)),
      all(stats(asked)),
    ]);
    assert.ok(pinged !== undefined && informed !== undefined && counted !== undefined);
    return [pinged, informed, counted] as const;
  });
  assert.deepEqual([pinged.id, pinged.version], [service.id, "2.0.0"]);
  assert.equal(informed.description, "Echo in Go");
  assert.deepEqual(informed.metadata, { language: "go" });
  assert.equal(informed.endpoints[0]?.subject, SUBJECT);
  const [endpoint] = counted.endpoints;
  assert.deepEqual([endpoint?.num_requests, endpoint?.num_errors], [2, 1]);
  assert.equal(endpoint?.last_error, "404:no such thing");
});

test("a Go service and ours share the calls of one queue group", OPTIONS, async () => {
  await using world = await startWorld();
  await using _go = await startGoService(world.server.url);
  await using _ours = await serve(world.nc, EchoService, {
    Echo: ({ text }) => ({ text, by: "shizuku" }),
  });
  const client = createClient(natsTransport(world.nc), EchoService);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => client.Echo({ text: `${n}` })),
  );
  assert.deepEqual(answers.map(({ text }) => text), answers.map((_, n) => `${n}`));
  assert.deepEqual(new Set(answers.map(({ by }) => by)), new Set(["go", "shizuku"]));
  await eventually(async () => {
    const { stats } = discover(world.nc);
    const found = await all(stats({ name: NAME, timeoutMs: 200 }));
    const requests = found.map(({ endpoints }) => endpoints[0]!.num_requests);
    assert.equal(requests.reduce((sum, n) => sum + n, 0), 200);
  });
});
