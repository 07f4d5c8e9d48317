import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import assert from "node:assert/strict";
import { test } from "node:test";
import { AirportDelaysSchema } from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { createPublisher, defineEvent, ensureStream } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { narrowFilter } from "../../src/hono/_event_filter.ts";
import { toSse } from "../../src/hono/_sse_stream.ts";
import { events } from "../../src/hono/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { type Fetch, listenHttp } from "../_support/listen_http.ts";
import { startWorld, type World } from "../_support/world.ts";

const landed = defineEvent(json<{ airport: string; flight: number; text?: string }>(), {
  subject: "landed.{airport}",
});
const changed = defineEvent(AirportDelaysSchema, { subject: "changed.{iata}" });

type Options = Omit<Parameters<typeof events<Landed, Landed, { airport: string }>>[1], "nc">;
type Landed = { airport: string; flight: number; text?: string };

/** A stream that keeps everything, and an app that streams its events. */
async function listening(world: World, options: Options = {}): Promise<Hono> {
  const subjects = ["landed.*", "changed.*"];
  await ensureStream(world.nc, { name: "airport", subjects, retention: "limits" });
  return new Hono()
    .get("/landed", events(landed, { nc: world.nc, ...options }))
    .get("/changed", events(changed, { nc: world.nc }));
}

function publish(world: World, airport: string, flight: number, text = ""): Promise<unknown> {
  return createPublisher(world.nc, landed).publish({ airport, flight, text });
}

interface Received {
  id: string | undefined;
  data: string;
}

/** Reads a stream of events as a browser does. */
async function* read(response: Response): AsyncGenerator<Received> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split("\n");
      const valuesOf = (name: string) =>
        lines.filter((line) => line.startsWith(`${name}: `)).map((line) =>
          line.slice(name.length + 2)
        );
      if (lines.some((line) => line.startsWith("data: "))) {
        yield { id: valuesOf("id")[0], data: valuesOf("data").join("\n") };
      }
    }
  }
}

async function take(response: Response, count: number): Promise<Received[]> {
  const received: Received[] = [];
  for await (const event of read(response)) {
    received.push(event);
    // Leaving the loop cancels the body, as a browser that goes away does.
    if (received.length === count) break;
  }
  return received;
}

const flightsOf = (received: Received[]) => received.map(({ data }) => JSON.parse(data).flight);

test("events() streams events in their order, with sequences as ids", async () => {
  await using world = await startWorld();
  const app = await listening(world);
  const response = await app.request("/landed");
  assert.equal(response.headers.get("Content-Type"), "text/event-stream");
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  for (let flight = 1; flight <= 20; flight++) await publish(world, "ORD", flight);
  const received = await take(response, 20);
  assert.deepEqual(flightsOf(received), Array.from({ length: 20 }, (_, index) => index + 1));
  assert.deepEqual(received.map(({ id }) => id), received.map((_, index) => `${index + 1}`));
});

test("events() writes messages in protobuf's JSON form", async () => {
  await using world = await startWorld();
  const response = await (await listening(world)).request("/changed");
  await createPublisher(world.nc, changed).publish({ iata: "ORD", meanDelayMinutes: 1.5 });
  const [event] = await take(response, 1);
  assert.deepEqual(JSON.parse(event!.data), { iata: "ORD", meanDelayMinutes: 1.5 });
});

test("events() filters by parameters of the subject", async () => {
  await using world = await startWorld();
  const app = await listening(world, {
    start: "all",
    filter: (c) => ({ airport: c.req.query("airport") }),
  });
  for (const [airport, flight] of [["ORD", 1], ["LGA", 2], ["ORD", 3]] as const) {
    await publish(world, airport, flight);
  }
  assert.deepEqual(flightsOf(await take(await app.request("/landed?airport=ORD"), 2)), [1, 3]);
  assert.deepEqual(flightsOf(await take(await app.request("/landed"), 3)), [1, 2, 3]);
  for (const airport of ["*", ">", "a.b", "a b", ""]) {
    const response = await app.request(`/landed?airport=${encodeURIComponent(airport)}`);
    assert.equal(response.status, 400);
    assert.equal((await response.json()).code, "invalid_argument");
  }
});

test("events() goes on after the last event that a caller has seen", async () => {
  await using world = await startWorld();
  const app = await listening(world);
  const publishing = (async () => {
    for (let flight = 1; flight <= 60; flight++) await publish(world, "ORD", flight);
  })();
  const seen: Received[] = [];
  let last = "0";
  while (seen.length < 60) {
    const headers = { "Last-Event-ID": last };
    const received = await take(await app.request("/landed", { headers }), 15);
    seen.push(...received);
    last = received.at(-1)!.id!;
  }
  await publishing;
  assert.deepEqual(flightsOf(seen), Array.from({ length: 60 }, (_, index) => index + 1));
});

test("events() takes no notice of ids that are none, or where it may not resume", async () => {
  await using world = await startWorld();
  for (const [last, resume] of [["x", true], ["-1", true], ["1", false]] as const) {
    const app = await listening(world, { resume, start: "all" });
    await publish(world, "ORD", 1);
    const response = await app.request("/landed", { headers: { "Last-Event-ID": last } });
    assert.equal((await take(response, 1))[0]!.id, "1");
  }
});

test("events() shows that it lives while nothing happens", async () => {
  await using world = await startWorld();
  const app = await listening(world, { heartbeatMs: 20 });
  const reader = (await app.request("/landed")).body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(":\n\n:\n\n")) text += decoder.decode((await reader.read()).value);
  assert.ok(text.startsWith("retry: 2000\n\n"));
  await reader.cancel();
});

test("events() holds no more than it may for a reader that takes nothing, and lets it go", async () => {
  await using world = await startWorld();
  const app = await listening(world, { maxBufferedBytes: 10_000, slowTimeoutMs: 200 });
  const response = await app.request("/landed");
  const text = "x".repeat(4_000);
  for (let flight = 1; flight <= 50; flight++) await publish(world, "ORD", flight, text);
  await eventually(async () => assert.equal(await consumersOf(world), 0));
  const received: Received[] = [];
  for await (const event of read(response)) received.push(event);
  assert.ok(received.length >= 1 && received.length <= 4, `${received.length} events were held`);
  // Again, should this reader as well take nothing for too long.
  while (received.length < 50) {
    const headers = { "Last-Event-ID": received.at(-1)!.id! };
    const resumed = await app.request("/landed", { headers });
    received.push(...await take(resumed, 50 - received.length));
  }
  assert.deepEqual(flightsOf(received), Array.from({ length: 50 }, (_, index) => index + 1));
});

test("events() leaves nothing behind when a caller goes away, over a socket", async () => {
  await using world = await startWorld();
  const app = await listening(world, { heartbeatMs: 50 });
  await using http = await listenHttp(app.fetch as Fetch);
  const callers = Array.from({ length: 3 }, () => new AbortController());
  const responses = await Promise.all(
    callers.map(({ signal }) => fetch(`${http.url}/landed`, { signal })),
  );
  await publish(world, "ORD", 1);
  for (const response of responses) {
    const { value } = await read(response).next();
    assert.equal(JSON.parse(value!.data).flight, 1);
  }
  assert.equal(await consumersOf(world), 3);
  for (const caller of callers) caller.abort();
  await eventually(async () => assert.equal(await consumersOf(world), 0));
});

test("events() ends all streams when the server stops", async () => {
  await using world = await startWorld();
  const stopping = new AbortController();
  const app = await listening(world, { signal: stopping.signal });
  const response = await app.request("/landed");
  stopping.abort();
  assert.deepEqual(await take(response, 1), []);
});

test("events() asks whether a caller may listen", async () => {
  await using world = await startWorld();
  const refused = await (await listening(world, { authorize: () => false })).request("/landed");
  assert.equal(refused.status, 403);
  assert.equal((await refused.json()).code, "permission_denied");
  const authorize = () => {
    throw new HTTPException(401, { message: "Who are you?" });
  };
  const unknown = await (await listening(world, { authorize })).request("/landed");
  assert.deepEqual([unknown.status, (await unknown.json()).code], [401, "unauthenticated"]);
});

test("events() answers 404 where no stream stores the event", async () => {
  await using world = await startWorld();
  const app = new Hono().get("/landed", events(landed, { nc: world.nc }));
  const response = await app.request("/landed");
  assert.deepEqual([response.status, (await response.json()).code], [404, "not_found"]);
});

test("narrowFilter() puts values in the place of parameters", () => {
  assert.equal(narrowFilter("a.{b}.c.{d}", { d: "7" }), "a.*.c.7");
  assert.equal(narrowFilter("a.{b...}", {}), "a.>");
  assert.equal(narrowFilter("a.{b...}", { b: "1.2" }), "a.1.2");
});

test("toSse() writes one line of data for each line", () => {
  const data = "a\nb\r\nc\rd";
  assert.equal(toSse({ id: 7, data }), "id: 7\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  assert.equal(toSse({ id: 7, name: "landed", data: "" }), "id: 7\nevent: landed\ndata: \n\n");
});

/** How many consumers the stream has. */
async function consumersOf({ server }: World): Promise<number> {
  const reply = await fetch(`${server.monitorUrl}/jsz?consumers=1`);
  return (await reply.json() as { consumers: number }).consumers;
}
