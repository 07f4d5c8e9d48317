/**
 * What every runtime has to be able to do. Bundled for workerd and browsers as it is, so that it
 * uses nothing of a runtime.
 */
import { createApp, defineComponent, hookOn } from "../../src/component/mod.ts";
import {
  createConsumer,
  createPublisher,
  defineEvent,
  defineHook,
  ensureStream,
} from "../../src/consumers/mod.ts";
import { json, protobuf, ShizukuError, text } from "../../src/core/mod.ts";
import { rpc } from "../../src/hono/mod.ts";
import { encrypted } from "../../src/kv/encrypted.ts";
import { createMutex, createRwLock, entity, openBucket } from "../../src/kv/mod.ts";
import { createClient, defineService, natsTransport, serve } from "../../src/services/mod.ts";
import type { ConnectOptions, NatsConnection } from "../../src/transport/ws.ts";
import { headers } from "@nats-io/nats-core";
import { Hono } from "hono";
import {
  FlightReportedSchema,
  FlightSchema,
  FlightService,
} from "../../examples/flights/gen/flights/v1/flights_pb.ts";

/** What a case is given. */
export interface CaseContext {
  /** A connection of its own. */
  readonly nc: NatsConnection;
  /** What no other run has in its names. */
  readonly scope: string;
}

/** How one case went. */
export interface Outcome {
  readonly name: string;
  /** What went wrong, if something did. */
  readonly problem?: string;
}

/** Where the cases run. */
export interface RunOptions {
  /** Opens a connection. */
  connect(options: ConnectOptions): Promise<NatsConnection>;
  /** Address of the server. */
  readonly servers: string;
}

/** What the process outside answers, for those who only call. */
export const OutsideService = defineService("outside.v1.OutsideService", {
  twice: { input: json<number>(), output: json<number>() },
});

const InsideService = defineService("inside.v1.InsideService", {
  half: { input: json<number>(), output: json<number>() },
  never: { input: json<number>(), output: json<number>() },
});

const CASES: Readonly<Record<string, (context: CaseContext) => Promise<void>>> = {
  async "RPC: call"({ nc }) {
    const client = createClient(natsTransport(nc), OutsideService);
    equal(await client.twice(21), 42);
    const nobody = createClient(natsTransport(nc, { prefix: "nobody" }), OutsideService);
    equal(await codeOf(nobody.twice(1)), "unavailable");
  },
  async "RPC: serve"({ nc, scope }) {
    const prefix = `${scope}.rpc`;
    await using _service = await serve(nc, InsideService, {
      half(n) {
        if (n % 2) throw new ShizukuError("invalid_argument", "Cannot halve what is odd");
        return n / 2;
      },
      never: (_, { signal }) =>
        new Promise((_, reject) => signal.onabort = () => reject(signal.reason)),
    }, { prefix });
    const client = createClient(natsTransport(nc, { prefix }), InsideService);
    equal(await client.half(42), 21);
    equal(await codeOf(client.half(1)), "invalid_argument");
    equal(await codeOf(client.never(1, { timeoutMs: 100 })), "deadline_exceeded");
  },
  async "protobuf"({ nc, scope }) {
    const prefix = `${scope}.rpc`;
    await using _service = await serve(nc, FlightService, {
      report: ({ origin }) => ({ flight: { id: "1", origin }, created: true }),
      get: ({ id }) => ({ flight: { id } }),
      list: () => ({ flights: [] }),
    }, { prefix });
    const client = createClient(natsTransport(nc, { prefix }), FlightService);
    equal((await client.report({ origin: "ORD" })).flight?.origin, "ORD");
    const subject = `${prefix}.flights.v1.FlightService.Get`;
    const isJson = headers();
    isJson.set("Content-Type", "application/json");
    const reply = await nc.request(subject, '{"id":"7"}', { timeout: 30_000, headers: isJson });
    equal(JSON.parse(reply.string()).flight.id, "7");
    const codec = protobuf(FlightSchema);
    const bytes = codec.encode({ id: "9", delayMinutes: -3 });
    equal(codec.decode(bytes).delayMinutes, -3);
  },
  async "events: publish"({ nc, scope }) {
    const event = defineEvent(json<{ id: string }>(), { subject: `${scope}.published.{id}` });
    await ensureStream(nc, { name: `${scope}_events`, events: [event], storage: "memory" });
    const publisher = createPublisher(nc, event);
    equal((await publisher.publish({ id: "1" })).sequence, 1);
    const acks = await Promise.all(["2", "3", "4"].map((id) => publisher.publish({ id })));
    equal(acks.length, 3);
  },
  async "events: hooks"({ nc, scope }) {
    const event = defineEvent(FlightReportedSchema, { subject: `${scope}.hooked.{origin}` });
    await ensureStream(nc, { name: `${scope}_hooked`, events: [event], storage: "memory" });
    const seen: string[] = [];
    const hook = defineHook(event, { name: "see", attempts: 2 }, ({ origin }) => {
      if (origin === "BAD") throw new ShizukuError("invalid_argument", "bad");
      seen.push(origin);
    });
    await using consumer = await createConsumer(nc, hook, { component: scope });
    const publisher = createPublisher(nc, event);
    for (const origin of ["ORD", "BAD", "JFK"]) {
      await publisher.publish({ origin, flight: { id: origin } });
    }
    await until(() => consumer.stats.acked === 2 && consumer.stats.dead === 1);
    equal(seen.sort().join(), "JFK,ORD");
  },
  async "key-value records"({ nc, scope }) {
    const bucket = await openBucket(nc, `${scope}_records`, { storage: "memory" });
    const notes = entity(bucket, { key: "{id}", codec: text });
    await notes.create({ id: "1" }, "one");
    equal(await codeOf(notes.create({ id: "1" }, "two")), "already_exists");
    equal((await notes.modify({ id: "1" }, (value) => `${value}!`))?.value, "one!");
    const watched: string[] = [];
    for await (const event of notes.watch()) {
      if (event.type === "entry") watched.push(event.entry.value);
      if (event.type === "ready") await notes.put({ id: "2" }, "two");
      if (watched.length === 2) break;
    }
    equal(watched.join(), "one!,two");
    equal(await notes.get({ id: "3" }), undefined);
  },
  async "encrypted records"({ nc, scope }) {
    const bucket = await openBucket(nc, `${scope}_secrets`, { storage: "memory" });
    const secrets = entity(bucket, {
      key: "{id}",
      codec: encrypted(text, { current: "k", keys: { k: new Uint8Array(32).fill(7) } }),
    });
    await secrets.put({ id: "1" }, "hidden");
    equal((await secrets.get({ id: "1" }))?.value, "hidden");
    equal(new TextDecoder().decode((await bucket.get("1"))!.value).includes("hidden"), false);
  },
  async "locks"({ nc, scope }) {
    const bucket = await openBucket(nc, `${scope}_locks`, { storage: "memory", republish: true });
    await using mutex = createMutex(bucket);
    const held = await mutex.acquire("a");
    equal(await mutex.tryAcquire("a"), null);
    const next = mutex.acquire("a", { timeoutMs: 30_000 });
    await held.release();
    await (await next).release();
    await using rw = createRwLock(bucket);
    equal(await rw.withRead("b", () => rw.withRead("b", () => Promise.resolve("both"))), "both");
  },
  async "components"({ nc, scope }) {
    const counted = defineEvent(json<{ id: string }>(), { subject: "counter.counted.{id}" });
    const counter = defineComponent({
      name: "counter",
      version: "1.0.0",
      rpc: InsideService,
      events: { counted },
      kv: { counts: { key: "{id}", codec: json<number>() } },
      hooks: { count: hookOn(counted) },
      setup: ({ events, kv: { counts } }) => ({
        rpc: {
          async half(n) {
            await events.counted.publish({ id: `${n}` });
            return n / 2;
          },
          never: () => 0,
        },
        hooks: { count: async ({ id }) => void await counts.modify({ id }, (n) => (n ?? 0) + 1) },
        shared: { countOf: async (id: string) => (await counts.get({ id }))?.value },
      }),
    });
    await using app = await createApp({ nc, components: [counter], namespace: scope }).start();
    equal(await app.client(InsideService).half(42), 21);
    const { countOf } = app.shared(counter);
    await until(async () => await countOf("42") === 1);
    equal(app.health().ok, true);
  },
  async "HTTP (Hono)"({ nc, scope }) {
    const prefix = `${scope}.rpc`;
    await using _service = await serve(nc, InsideService, {
      half: (n) => n / 2,
      never: () => 0,
    }, { prefix });
    const transport = natsTransport(nc, { prefix });
    const http = new Hono().route("/", rpc(InsideService, { transport }));
    const response = await http.request("/inside.v1.InsideService/half", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "42",
    });
    equal(`${response.status} ${await response.text()}`, "200 21");
  },
};

/** Names of the cases, in order. */
export const CASE_NAMES: readonly string[] = Object.keys(CASES);

/** Runs all cases, one after the other, each on a connection of its own. */
export async function runCases({ connect, servers }: RunOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [name, run] of Object.entries(CASES)) {
    const scope = `r${crypto.randomUUID().slice(0, 8)}`;
    try {
      const nc = await connect({ servers, name });
      try {
        await run({ nc, scope });
      } finally {
        await nc.close();
      }
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, problem: describe(error) });
    }
  }
  return outcomes;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `, because of ${describe(error.cause)}`;
  return `${error.name}: ${error.message}${cause}`;
}

function equal(found: unknown, wanted: unknown): void {
  if (!Object.is(found, wanted)) throw new Error(`${String(found)} is not ${String(wanted)}`);
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
    return "none";
  } catch (error) {
    return ShizukuError.from(error).code;
  }
}

/** Waits until something holds; the caller's time is the limit. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_500; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("It does not come to hold");
}
