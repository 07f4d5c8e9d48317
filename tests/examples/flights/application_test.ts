import assert from "node:assert/strict";
import { test } from "node:test";
import { startApplication } from "../../../examples/flights/application.ts";
import { createClient } from "../../../src/services/mod.ts";
import { DelayService } from "../../../examples/flights/gen/delays/v1/delays_pb.ts";
import { FlightService } from "../../../examples/flights/gen/flights/v1/flights_pb.ts";
import { feed } from "../../../examples/flights/feed.ts";
import { eventually } from "../../_support/eventually.ts";
import { spawnScript } from "../../_support/spawn_script.ts";
import { startWorld } from "../../_support/world.ts";
import { type ExpectedAirport, expectedAirports } from "./_expected.ts";

const FEED = new URL("../../../examples/flights/feed_process.ts", import.meta.url);

/** Figures of every airport, as HTTP tells them. */
async function airportsOf(url: string): Promise<Map<string, ExpectedAirport>> {
  const response = await fetch(`${url}/delays.v1.DelayService/ListWorst`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ limit: 10_000 }),
  });
  const { airports = [] } = await response.json() as { airports?: Partial<Delays>[] };
  return new Map(airports.map((airport) => [airport.iata!, toFigures(airport)]));
}

interface Delays {
  iata: string;
  flights: number;
  meanDelayMinutes: number;
  worstDelayMinutes: number;
  shareLate: number;
}

/** Protobuf's JSON leaves zeros out. */
function toFigures(airport: Partial<Delays>): ExpectedAirport {
  const { iata = "", flights = 0, meanDelayMinutes = 0, worstDelayMinutes = 0, shareLate = 0 } =
    airport;
  return {
    iata,
    flights,
    totalDelayMinutes: Math.round(meanDelayMinutes * flights),
    meanDelayMinutes,
    worstDelayMinutes,
    lateFlights: Math.round(shareLate * flights),
    shareLate,
  };
}

async function assertFiguresAreRight(url: string): Promise<void> {
  const expected = await expectedAirports();
  assert.equal(expected.size, 155);
  await eventually(async () => {
    const found = await airportsOf(url);
    const sum = (airports: Map<string, ExpectedAirport>) =>
      [...airports.values()].reduce((total, { flights }) => total + flights, 0);
    assert.equal(sum(found), sum(expected), "flights counted");
    assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()));
  }, { timeoutMs: 60_000, intervalMs: 200 });
}

test("the flights application counts every flight once, though its feed is killed half-way", async () => {
  await using world = await startWorld();
  await using application = await startApplication({ servers: world.server.url, port: 0 });
  const { url, app } = application;
  {
    await using feed = spawnScript(FEED, { args: ["--url", url] });
    await eventually(async () => {
      const reported = [...(await airportsOf(url)).values()];
      assert.ok(reported.reduce((sum, { flights }) => sum + flights, 0) > 700, "half-way");
    }, { timeoutMs: 60_000, intervalMs: 100 });
    feed.kill("SIGKILL");
    assert.equal((await feed.exited).signal, "SIGKILL");
  }
  {
    await using feed = spawnScript(FEED, { args: ["--url", url] });
    assert.equal((await feed.exited).code, 0, feed.stderr());
  }
  await assertFiguresAreRight(url);

  const rebuilt = await createClient(app.transport, DelayService).rebuild({}, {
    timeoutMs: 30_000,
  });
  assert.deepEqual([rebuilt.flights, rebuilt.airports], [2_000, 155]);
  await assertFiguresAreRight(url);
});

test("the flights application answers over HTTP and NATS, and shows its page", async () => {
  await using world = await startWorld();
  await using application = await startApplication({ servers: world.server.url, port: 0 });
  const { url, app } = application;
  const flights = createClient(app.transport, FlightService);
  const report = {
    departedAt: "2001-04-01T09:30",
    delayMinutes: 42,
    distanceMiles: 733,
    origin: "ORD",
    destination: "LGA",
  };
  const first = await flights.report(report);
  assert.equal(first.created, true);
  assert.equal((await flights.report(report)).created, false);
  const { id } = first.flight!;
  assert.deepEqual((await flights.get({ id })).flight, first.flight);
  assert.deepEqual((await flights.list({ origin: "ORD" })).flights, [first.flight]);
  for (const unknown of ["2001-04-01T0930-LGA-ORD", "no id", ""]) {
    await assert.rejects(flights.get({ id: unknown }), { code: "not_found" });
  }

  await eventually(async () => assert.equal((await airportsOf(url)).get("ORD")?.flights, 1));
  assert.match(await (await fetch(url)).text(), /<svg/);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const reply = await world.nc.request("rpc.delays.v1.DelayService.GetAirport", '{"iata":"XXX"}', {
    timeout: 30_000,
  });
  assert.equal(reply.headers?.get("Nats-Service-Error-Code"), "400", "JSON needs its content type");

  const events = await fetch(`${url}/events`);
  const text = await readUntil(events, "event: ready");
  assert.match(text, /"iata":"ORD".*"meanDelayMinutes":42/);
});

test("the flights application gives the same as several processes, one for each component", async () => {
  const monolith = await figuresOf(async (servers) => {
    const application = await startApplication({ servers, port: 0 });
    return { url: application.url, stop: () => application[Symbol.asyncDispose]() };
  });
  const processes = await figuresOf(async (servers) => {
    const scripts = ["delays", "flights"].map((only) =>
      spawnScript(COMPONENT, { args: [servers, only] })
    );
    const lines = await Promise.all(scripts.map((script) => script.line("listens on ")));
    const stop = async () => {
      for (const script of scripts) script.kill("SIGTERM");
      for (const script of scripts) assert.equal((await script.exited).code, 0, script.stderr());
    };
    return { url: lines[0]!.slice("listens on ".length), stop };
  });
  assert.ok(monolith.size > 50);
  assert.deepEqual(processes, monolith);
});

const COMPONENT = new URL("./component_process.ts", import.meta.url);

/** What an application makes of the first flights, on a server of its own. */
async function figuresOf(
  start: (servers: string) => Promise<{ url: string; stop(): PromiseLike<void> }>,
): Promise<Map<string, ExpectedAirport>> {
  await using world = await startWorld();
  const expected = new Map([...await expectedAirports({ to: 300 })].sort());
  const { url, stop } = await start(world.server.url);
  try {
    await feed({ url, to: 300 });
    return await eventually(async () => {
      const found = new Map([...await airportsOf(url)].sort());
      assert.deepEqual(found, expected);
      return found;
    }, { timeoutMs: 60_000, intervalMs: 100 });
  } finally {
    await stop();
  }
}

/** Reads a stream of events until it holds a text, and then cancels it. */
async function readUntil(response: Response, wanted: string): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(wanted)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text;
}
