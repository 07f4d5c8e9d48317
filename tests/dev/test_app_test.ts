import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { type Component, defineComponent, hookOn, requirement } from "../../src/component/mod.ts";
import { defineEvent } from "../../src/consumers/mod.ts";
import { json, ShizukuError } from "../../src/core/mod.ts";
import { testApp } from "../../src/dev/mod.ts";
import { defineService } from "../../src/services/mod.ts";
import { startWorld } from "../_support/world.ts";

const thrown = defineEvent(json<{ game: string; pips: number }>(), {
  subject: "dice.thrown.{game}",
});
const won = defineEvent(json<{ game: string }>(), { subject: "dice.won.{game}" });
const DiceService = defineService("dice.v1.DiceService", {
  roll: { input: json<{ game: string; pips: number }>(), output: json<number>() },
});

/** What a test opens for those who wait. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}

async function gather<T>(all: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const each of all) gathered.push(each);
  return gathered;
}

/** Publishes what is thrown. Nobody hooks it. */
const dice = defineComponent({
  name: "dice",
  version: "1.0.0",
  rpc: DiceService,
  events: { thrown, won },
  setup: ({ events }) => ({
    rpc: {
      async roll({ game, pips }) {
        await events.thrown.publish({ game, pips });
        if (pips === 6) await events.won.publish({ game });
        return pips;
      },
    },
  }),
});

/** Publishes each throw again, one less each time, until nothing is left; first tries fail. */
function createEcho(onThrown: (pips: number) => unknown = () => {}) {
  const echoed = defineEvent(json<{ pips: number }>(), { subject: "echo.heard.{pips}" });
  const heard: number[] = [];
  const failed = new Set<number>();
  const echo = defineComponent({
    name: "echo",
    version: "1.0.0",
    events: { echoed },
    hooks: {
      first: hookOn(thrown, { attempts: 5, backoff: { initialMs: 5, maxMs: 20 } }),
      again: hookOn(echoed, { attempts: 5, backoff: { initialMs: 5, maxMs: 20 } }),
    },
    setup: ({ events }) => ({
      hooks: {
        async first({ pips }) {
          await onThrown(pips);
          await events.echoed.publish({ pips });
        },
        async again({ pips }) {
          if (!failed.has(pips)) {
            failed.add(pips);
            throw new ShizukuError("unavailable", "not yet");
          }
          if (pips > 0) await events.echoed.publish({ pips: pips - 1 });
          heard.push(pips);
        },
      },
    }),
  });
  return { echo, heard };
}

test("testApp() runs tests side by side on one server, each for itself", async () => {
  const apps = await Promise.all(Array.from({ length: 6 }, () => testApp([dice])));
  try {
    const servers = apps.map(({ nc }) => nc.info!.server_id);
    assert.equal(new Set(servers).size, 1);
    assert.equal(new Set(apps.map(({ namespace }) => namespace)).size, 6);
    await Promise.all(
      apps.map((app, index) => app.client(DiceService).roll({ game: "a", pips: index })),
    );
    for (const [index, app] of apps.entries()) {
      assert.deepEqual(await app.published(thrown).all(), [{ game: "a", pips: index }]);
    }
  } finally {
    await Promise.all(apps.map((app) => app.stop()));
  }
});

test("published() gives the first event that counts, stored before or after", async () => {
  await using app = await testApp([dice]);
  const client = app.client(DiceService);
  const late = app.published(thrown, { where: ({ pips }) => pips > 3 });
  const waiting = late.then((event) => event.pips);
  await client.roll({ game: "a", pips: 2 });
  assert.deepEqual(await app.published(thrown), { game: "a", pips: 2 });
  await client.roll({ game: "b", pips: 4 });
  assert.equal(await waiting, 4);
  assert.deepEqual(await late, { game: "b", pips: 4 });
  assert.deepEqual(await app.published(won).all(), []);
});

test("published() goes through all events in order, those to come included", async () => {
  await using app = await testApp([dice]);
  const client = app.client(DiceService);
  await client.roll({ game: "a", pips: 1 });
  const seen: number[] = [];
  for await (const { pips } of app.published(thrown)) {
    seen.push(pips);
    if (pips === 4) break;
    await client.roll({ game: "a", pips: pips + 1 });
  }
  assert.deepEqual(seen, [1, 2, 3, 4]);
  const all = await app.published(thrown, { where: ({ pips }) => pips % 2 === 0 }).all();
  assert.deepEqual(all.map(({ pips }) => pips), [2, 4]);
});

test("published() counts what is stored, not what is sent", async () => {
  const once = defineEvent(json<{ id: string }>(), { subject: "once.{id}", id: ({ id }) => id });
  const twice = defineComponent({
    name: "twice",
    version: "1.0.0",
    events: { once },
    setup: ({ events }) => ({ shared: (id: string) => events.once.publish({ id }) }),
  });
  await using app = await testApp([twice]);
  await app.shared(twice)("a");
  await app.shared(twice)("a");
  await app.shared(twice)("b");
  assert.deepEqual(await app.published(once).all(), [{ id: "a" }, { id: "b" }]);
});

test("published() lists what was published instead", async () => {
  await using app = await testApp([dice]);
  await assert.rejects(app.published(won, { timeoutMs: 20 }), {
    code: "deadline_exceeded",
    message:
      "Cannot find event json on dice.won.{game} within 20 ms: published were no events at all",
  });
  await app.client(DiceService).roll({ game: "a", pips: 2 });
  await app.published(thrown);
  await assert.rejects(app.published(won, { timeoutMs: 20 }), {
    message: "Cannot find event json on dice.won.{game} within 20 ms: published were\n" +
      '  json on dice.thrown.a: {"game":"a","pips":2}',
  });
});

test("published() of an application that has stopped rejects, and its loop ends", async () => {
  const app = await testApp([dice]);
  const waiting = assert.rejects(app.published(won), { code: "unavailable" });
  const loop = gather(app.published(thrown));
  await app.stop();
  await waiting;
  assert.deepEqual(await loop, []);
});

test("settled() waits for chains of hooks, and for their retries", async () => {
  const { echo, heard } = createEcho();
  await using app = await testApp([dice, echo]);
  await app.settled();
  for (const pips of [1, 2, 3]) {
    heard.length = 0;
    await app.client(DiceService).roll({ game: "a", pips });
    await app.settled();
    assert.deepEqual(heard.sort(), Array.from({ length: pips + 1 }, (_, index) => index));
  }
});

test("settled() waits for calls that run here", async () => {
  const held = gate();
  const slow = defineComponent({
    name: "slow",
    version: "1.0.0",
    rpc: DiceService,
    setup: () => ({ rpc: { roll: ({ pips }) => held.opened.then(() => pips) } }),
  });
  await using app = await testApp([slow]);
  const call = app.client(DiceService).roll({ game: "a", pips: 1 });
  await assert.rejects(app.settled({ timeoutMs: 20 }), {
    code: "deadline_exceeded",
    message: "Cannot settle as all hooks must be idle within 20 ms: 1 RPC call runs",
  });
  held.open();
  await app.settled();
  assert.equal(await call, 1);
});

test("settled() says which hook is not idle", async () => {
  const [entered, held] = [gate(), gate()];
  const { echo } = createEcho(() => {
    entered.open();
    return held.opened;
  });
  await using app = await testApp([dice, echo]);
  await app.client(DiceService).roll({ game: "a", pips: 0 });
  await entered.opened;
  await app.published(thrown);
  await assert.rejects(app.settled({ timeoutMs: 20 }), (error: ShizukuError) => {
    assert.equal(error.code, "deadline_exceeded");
    assert.match(
      error.message,
      /: consumer \S+_echo_first of stream \S+_dice has 0 .* 1 in flight$/,
    );
    return true;
  });
  held.open();
  await app.settled();
});

test("testApp() hands over what components need and their settings, by their types", async () => {
  const shop = defineComponent({
    name: "shop",
    version: "1.0.0",
    requires: { db: requirement<{ name: string }>("keeps orders") },
    config: { most: 5 },
    setup: ({ provided, config }) => ({ shared: { ...provided, ...config } }),
  });
  await using app = await testApp([shop], { provide: { db: { name: "db" } } });
  assert.deepEqual(app.shared(shop), { db: { name: "db" }, most: 5 });
  const config = { shop: { most: 7 } };
  await using other = await testApp([shop], { provide: { db: { name: "other" } }, config });
  assert.deepEqual(other.shared(shop), { db: { name: "other" }, most: 7 });
  // @ts-expect-error the database is not provided
  await assert.rejects(testApp([shop]), { name: "TypeError" });
  await assert.rejects(
    // @ts-expect-error the setting is of another type
    testApp([shop], { provide: { db: { name: "" } }, config: { shop: { most: "" } } }),
  );
});

test("testApp() leaves nothing on the server, also if a component cannot start", async () => {
  await using world = await startWorld();
  const { streams } = await jetstreamManager(world.nc);
  const names = () => gather(streams.names());
  const broken = defineComponent({
    name: "broken",
    version: "1.0.0",
    kv: { some: { codec: json<number>() } },
    setup: () => Promise.reject(new Error("no database")),
  });
  const components: readonly Component[] = [dice, broken];
  await assert.rejects(testApp(components, { server: world.server }), { message: "no database" });
  assert.deepEqual(await names(), []);

  const { echo } = createEcho();
  const app = await testApp([dice, echo], { server: world.server.url });
  assert.deepEqual([app.health().ok, app.liveness().ok, app.nc.isClosed()], [true, true, false]);
  await app.client(DiceService).roll({ game: "a", pips: 1 });
  await app.settled();
  assert.ok((await names()).length > 0);
  await Promise.all([app.stop(), app.stop()]);
  assert.deepEqual(await names(), []);
  assert.equal(app.nc.isClosed(), true);
});
