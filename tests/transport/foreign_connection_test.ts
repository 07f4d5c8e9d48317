/**
 * Connections of every kind are the same to every module: ours, a raw one of the official client,
 * and one of another copy of it, whose errors no `instanceof` recognises.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect as connectRaw } from "@nats-io/transport-node";
import { createApp, defineComponent, hookOn } from "../../src/component/mod.ts";
import {
  createConsumer,
  createPublisher,
  defineEvent,
  defineHook,
  ensureStream,
} from "../../src/consumers/mod.ts";
import { json, ShizukuError, text } from "../../src/core/mod.ts";
import { createMutex, entity, openBucket } from "../../src/kv/mod.ts";
import { createClient, defineService, natsTransport, serve } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { loadForeignCopy } from "../connection/_foreign_copy.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";

type Nc = World["nc"];

const foreign = loadForeignCopy();

/** Every way to come by a connection. */
const CONNECTIONS: Readonly<Record<string, (options: object) => Promise<Nc>>> = {
  "of this library": connect,
  "of the official client": connectRaw,
  "of another copy of the client": (options) => foreign.connect(options),
};

const MathService = defineService("math.v1.MathService", {
  half: { input: json<number>(), output: json<number>() },
  slow: { input: json<number>(), output: json<number>() },
});
const counted = defineEvent(json<{ id: string }>(), { subject: "counted.{id}" });

/** Does the same on each kind of connection, and asserts that the same comes out. */
async function sameOnAll(
  run: (nc: Nc, name: string) => Promise<unknown>,
  options: object = {},
): Promise<unknown> {
  const outcomes: [string, unknown][] = [];
  for (const [name, open] of Object.entries(CONNECTIONS)) {
    await using world = await startWorld();
    const nc = await open({ servers: world.server.url, ...options });
    try {
      outcomes.push([name, await run(nc, name)]);
    } finally {
      await nc.close();
    }
  }
  const [[, first] = ["", undefined], ...others] = outcomes;
  for (const [name, outcome] of others) assert.deepEqual(outcome, first, name);
  return first;
}

/** What an error says that does not depend on the server's port or the time. */
async function failureOf(doing: Promise<unknown>): Promise<unknown> {
  try {
    return await doing;
  } catch (error) {
    assert.ok(ShizukuError.is(error), String(error));
    const { code, retryable, stage, message } = error;
    return { code, retryable, stage, message };
  }
}

test("RPC is the same on every connection, also where it fails", async () => {
  const outcome = await sameOnAll(async (nc) => {
    const client = createClient(natsTransport(nc), MathService);
    const nobody = await failureOf(client.half(1));
    await using _service = await serve(nc, MathService, {
      half(n) {
        if (n % 2) throw new ShizukuError("invalid_argument", "Cannot halve what is odd");
        return n / 2;
      },
      slow: (n, { signal }) => new Promise((resolve) => signal.onabort = () => resolve(n)),
    });
    const answers = [
      await client.half(4),
      await failureOf(client.half(3)),
      await failureOf(client.slow(1, { timeoutMs: 100 })),
    ];
    await nc.close();
    return [nobody, ...answers, await failureOf(client.half(4))];
  });
  const [nobody, ok, odd, late, closed] = outcome as { code: string }[];
  assert.equal(ok, 2);
  assert.deepEqual([nobody, odd, late, closed].map((each) => each?.code), [
    "unavailable",
    "invalid_argument",
    "deadline_exceeded",
    "unavailable",
  ]);
});

test("publishing is the same on every connection: retries, and no stream at all", async () => {
  const outcome = await sameOnAll(async (nc) => {
    const publisher = createPublisher(nc, counted, { backoff: { initialMs: 10, maxMs: 50 } });
    // Nobody answers at first; the retries reach the stream that comes meanwhile.
    const early = publisher.publish({ id: "early" });
    await ensureStream(nc, { name: "counts", events: [counted], storage: "memory" });
    const { stream, sequence, duplicate } = await early;
    const other = createPublisher(
      nc,
      defineEvent(json<{ id: string }>(), { subject: "nobody.{id}" }),
      { backoff: { initialMs: 10, maxMs: 50 } },
    );
    return [{ stream, sequence, duplicate }, await failureOf(other.publish({ id: "1" }))];
  });
  const [stored, lost] = outcome as { code?: string }[];
  assert.deepEqual(stored, { stream: "counts", sequence: 1, duplicate: false });
  assert.equal(lost?.code, "not_found");
});

test("hooks are the same on every connection, dead letters included", async () => {
  await sameOnAll(async (nc) => {
    await ensureStream(nc, { name: "counts", events: [counted], storage: "memory" });
    const seen: string[] = [];
    const hook = defineHook(counted, { name: "count", attempts: 2 }, ({ id }) => {
      seen.push(id);
      if (id === "bad") throw new ShizukuError("invalid_argument", "bad");
    });
    await using consumer = await createConsumer(nc, hook, { component: "counts" });
    const publisher = createPublisher(nc, counted);
    for (const id of ["good", "bad"]) await publisher.publish({ id });
    await eventually(() => {
      assert.deepEqual([consumer.stats.acked, consumer.stats.dead], [1, 1]);
    });
    return seen.sort();
  });
});

test("records are the same on every connection: missing keys, conflicts, watches", async () => {
  await sameOnAll(async (nc) => {
    const notes = entity(await openBucket(nc, "notes", { storage: "memory" }), {
      key: "{id}",
      codec: text,
    });
    const missing = await notes.get({ id: "1" });
    await notes.create({ id: "1" }, "one");
    const taken = await failureOf(notes.create({ id: "1" }, "two"));
    const changed = await notes.modify({ id: "1" }, (value) => `${value}!`);
    const watched: string[] = [];
    for await (const event of notes.watch()) {
      if (event.type === "ready") break;
      watched.push(event.type);
    }
    return [missing, taken, changed?.value, watched];
  });
});

test("locks are the same on every connection", async () => {
  await sameOnAll(async (nc) => {
    await using mutex = createMutex(
      await openBucket(nc, "locks", { storage: "memory", republish: true }),
    );
    const held = await mutex.acquire("a");
    const second = await mutex.tryAcquire("a");
    const waited = await failureOf(mutex.acquire("a", { timeoutMs: 50 }));
    await held.release();
    const again = await mutex.acquire("a");
    await again.release();
    return [second, waited];
  });
});

test("an application is the same on every connection", async () => {
  await sameOnAll(async (nc) => {
    const counter = defineComponent({
      name: "counter",
      version: "1.0.0",
      rpc: MathService,
      events: { counted },
      kv: { counts: { key: "{id}", codec: json<number>() } },
      hooks: { count: hookOn(counted) },
      setup: ({ events, kv, locks }) => ({
        rpc: {
          half: (n) => n / 2,
          slow: async (n) => {
            await locks.mutex.withLock("one", () => events.counted.publish({ id: `${n}` }));
            return n;
          },
        },
        hooks: {
          count: async ({ id }) => void await kv.counts.modify({ id }, (n) => (n ?? 0) + 1),
        },
        shared: { countOf: async (id: string) => (await kv.counts.get({ id }))?.value },
      }),
    });
    await using app = await createApp({ nc, components: [counter] }).start();
    const client = createClient(natsTransport(nc), MathService);
    await client.slow(7);
    await eventually(async () => assert.equal(await app.shared(counter).countOf("7"), 1));
    return app.health();
  });
});
