/** What a user may not do is an error at once, which names the subject: not silence and a time-out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { json, ShizukuError, text } from "../../src/core/mod.ts";
import {
  createConsumer,
  createPublisher,
  defineEvent,
  defineHook,
  ensureStream,
  type HookDefinition,
} from "../../src/consumers/mod.ts";
import { createMutex, entity, openBucket } from "../../src/kv/mod.ts";
import {
  createClient,
  defineService,
  discover,
  natsTransport,
  serve,
} from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";

const EchoService = defineService("echo.v1.EchoService", {
  echo: { input: json<string>(), output: json<string>() },
  other: { input: json<string>(), output: json<string>() },
});
const implementation = { echo: (text: string) => text, other: (text: string) => text };
const called = defineEvent(json<{ id: string }>(), { subject: "desk.called.{id}" });

/** Long enough that what ends sooner was no time-out. */
const LONG_MS = 30_000;

/** A server with a user who may do everything, and one to whom this is denied. */
async function denying(kind: "publish" | "subscribe", ...subjects: string[]) {
  const deny = subjects.map((subject) => JSON.stringify(subject)).join(", ");
  const world = await startWorld({
    config: `authorization { users = [
      { user: admin, password: a }
      { user: guest, password: g, permissions: { ${kind}: { deny: [${deny}] } } }
    ] }`,
    connect: { user: "admin", pass: "a" },
  });
  const guest = await world.connect({ user: "guest", pass: "g" });
  return { world, guest, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

/** Asserts that something is refused at once, with the code, and that the message names a subject. */
async function isDenied(doing: () => Promise<unknown>, ...words: (string | RegExp)[]) {
  const startedAt = performance.now();
  await assert.rejects(doing, (error) => {
    assert.ok(ShizukuError.is(error), String(error));
    assert.equal(error.code, "permission_denied", error.message);
    assert.equal(error.retryable, false);
    for (const word of words) {
      const found = typeof word === "string"
        ? error.message.includes(word)
        : word.test(error.message);
      assert.ok(found, `${error.message} lacks ${word}`);
    }
    return true;
  });
  assert.ok(performance.now() - startedAt < LONG_MS / 2, "at once");
}

async function provideCalls({ nc }: World) {
  await ensureStream(nc, { name: "desk", events: [called], storage: "memory" });
}

const PLACE = { component: "desk" };

function hookOf(process: (event: { id: string }) => unknown, options = {}): HookDefinition {
  return defineHook(called, { name: "answer", ...options }, process) as HookDefinition;
}

test("a call on a subject that the caller may not publish to is denied", async () => {
  await using setup = await denying("publish", "rpc.echo.v1.EchoService.echo");
  const { world, guest } = setup;
  await using _service = await serve(world.nc, EchoService, implementation);
  const client = createClient(natsTransport(guest), EchoService, { timeoutMs: LONG_MS });
  await isDenied(
    () => client.echo("a"),
    "Cannot call",
    /Publish to "rpc\.echo\.v1\.EchoService\.echo"/,
  );
  assert.equal(await client.other("b"), "b");
});

test("a call whose reply the caller may not hear is denied", async () => {
  await using setup = await denying("subscribe", "_INBOX.>");
  const { world, guest } = setup;
  await using _service = await serve(world.nc, EchoService, implementation);
  const client = createClient(natsTransport(guest), EchoService, { timeoutMs: LONG_MS });
  await isDenied(() => client.echo("a"), /Subscription to "_INBOX\./);
});

test("a service that may not listen on a subject, or not reply, says so from the beginning", async () => {
  await using setup = await denying("subscribe", "rpc.echo.v1.EchoService.echo");
  await using service = await serve(setup.guest, EchoService, implementation);
  assert.match(service.problem!, /Subscription to "rpc\.echo\.v1\.EchoService\.echo"/);
  await using mute = await denying("publish", "_INBOX.>");
  await using silent = await serve(mute.guest, EchoService, implementation);
  const client = createClient(natsTransport(mute.world.nc), EchoService, { timeoutMs: LONG_MS });
  const leaver = new AbortController();
  const asking = client.echo("a", { signal: leaver.signal });
  await eventually(() => assert.match(silent.problem ?? "", /Publish to "_INBOX\./));
  leaver.abort();
  await assert.rejects(asking, { code: "canceled" });
});

test("a service works also where it may not be discovered", async () => {
  await using setup = await denying("subscribe", "$SRV.>");
  const { world, guest } = setup;
  await using service = await serve(guest, EchoService, implementation);
  assert.equal(service.problem, undefined);
  assert.equal(await createClient(natsTransport(world.nc), EchoService).echo("a"), "a");
});

test("discover() is denied where it may not ask", async () => {
  await using setup = await denying("publish", "$SRV.>");
  await isDenied(async () => {
    for await (const _ of discover(setup.guest).ping({ timeoutMs: LONG_MS })) break;
  }, /Publish to "\$SRV\.PING"/);
});

test("an event that may not be published is denied, and is not tried again", async () => {
  await using setup = await denying("publish", "desk.called.>");
  await provideCalls(setup.world);
  const publisher = createPublisher(setup.guest, called, { timeoutMs: LONG_MS });
  await isDenied(
    () => publisher.publish({ id: "7" }),
    "Cannot publish on desk.called.7",
    /Publish to "desk\.called\.7"/,
  );
});

test("streams, consumers and buckets that may not be made are denied, by their subject", async () => {
  await using setup = await denying("publish", "$JS.API.*.CREATE.>", "$JS.API.CONSUMER.DURABLE.>");
  const { world, guest } = setup;
  const options = { name: "desk", events: [called], storage: "memory" } as const;
  await isDenied(
    () => ensureStream(guest, options),
    /Publish to "\$JS\.API\.STREAM\.CREATE\.desk"/,
  );
  await isDenied(() => openBucket(guest, "notes"), /\$JS\.API\.STREAM\.CREATE\.KV_notes"/);
  await provideCalls(world);
  await isDenied(
    () => createConsumer(guest, hookOf(() => {}), PLACE),
    /\$JS\.API\.(STREAM|CONSUMER)\.[A-Z.]*CREATE\.desk/,
  );
});

test("a hook that may not ask for events says so, in its problem and its status", async () => {
  await using setup = await denying("publish", "$JS.API.CONSUMER.MSG.NEXT.desk.>");
  await provideCalls(setup.world);
  const told: string[] = [];
  await using consumer = await createConsumer(setup.guest, hookOf(() => {}), {
    ...PLACE,
    onStatus: (status) => status.type === "problem" && told.push(status.message),
  });
  const wanted = /^Cannot receive for hook answer: .*"\$JS\.API\.CONSUMER\.MSG\.NEXT\.desk\.desk_/;
  await eventually(() => assert.match(consumer.problem ?? "", wanted));
  await eventually(() => assert.ok(told.some((message) => wanted.test(message)), told.join()));
});

test("a hook that may not acknowledge says so", async () => {
  await using setup = await denying("publish", "$JS.ACK.>");
  await provideCalls(setup.world);
  let seen = 0;
  await using consumer = await createConsumer(setup.guest, hookOf(() => void seen++), PLACE);
  await createPublisher(setup.world.nc, called).publish({ id: "7" });
  await eventually(() =>
    assert.match(
      consumer.problem ?? "",
      /^Cannot settle events of hook answer: .*Publish to "\$JS\.ACK\.desk\.desk_answer\./,
    )
  );
  assert.ok(seen > 0);
});

test("a hook that may not write its dead letters says so, and keeps the event", async () => {
  await using setup = await denying("publish", "dead.>");
  await provideCalls(setup.world);
  const refuse = () => {
    throw new ShizukuError("invalid_argument", "No");
  };
  await using consumer = await createConsumer(setup.guest, hookOf(refuse), PLACE);
  await createPublisher(setup.world.nc, called).publish({ id: "7" });
  await eventually(() =>
    assert.match(
      consumer.problem ?? "",
      /^Cannot keep dead letters and tries of hook answer: .*Publish to "dead\.desk\.answer\./,
    )
  );
  assert.equal(consumer.stats.dead, 0);
});

test("records that may not be read, written or watched are denied", async () => {
  await using setup = await denying(
    "publish",
    "$KV.notes.>",
    "$JS.API.DIRECT.GET.KV_notes.>",
    "$JS.API.STREAM.MSG.GET.KV_notes",
    "$JS.API.CONSUMER.MSG.NEXT.KV_notes.>",
  );
  const { world, guest } = setup;
  await openBucket(world.nc, "notes", { storage: "memory" });
  const notes = entity(await openBucket(guest, "notes", { timeoutMs: LONG_MS }), {
    key: "{id}",
    codec: text,
  });
  const key = { id: "7" };
  await isDenied(() => notes.put(key, "a"), /Publish to "\$KV\.notes\.7"/);
  await isDenied(() => notes.create(key, "a"), /Publish to "\$KV\.notes\.7"/);
  await isDenied(() => notes.delete(key), /Publish to "\$KV\.notes\.7"/);
  await isDenied(
    () => notes.get(key),
    /Publish to "\$JS\.API\.(DIRECT|STREAM\.MSG)\.GET\.KV_notes/,
  );
  await isDenied(() => notes.modify(key, () => "b"), /Publish to "\$/);
  await isDenied(
    async () => {
      for await (const { type } of notes.watch()) if (type !== "ready") break;
    },
    "Cannot watch",
    /Publish to "\$JS\.API\.CONSUMER\.MSG\.NEXT\.KV_notes\./,
  );
});

test("a watch whose consumer may not be made is denied", async () => {
  await using setup = await denying("publish", "$JS.API.CONSUMER.CREATE.KV_notes.>");
  await openBucket(setup.world.nc, "notes", { storage: "memory" });
  const notes = entity(await openBucket(setup.guest, "notes"), { key: "{id}", codec: text });
  await isDenied(
    async () => {
      for await (const _ of notes.watch()) break;
    },
    "Cannot watch",
    /Publish to "\$JS\.API\.CONSUMER\.CREATE\.KV_notes\./,
  );
});

test("locks that may not be written are denied", async () => {
  await using setup = await denying("publish", "$KV.locks.>");
  const options = { storage: "memory", republish: true } as const;
  await openBucket(setup.world.nc, "locks", options);
  await using mutex = createMutex(await openBucket(setup.guest, "locks", options));
  await isDenied(
    () => mutex.acquire("a", { timeoutMs: LONG_MS }),
    "Cannot write mutex",
    /Publish to "\$KV\.locks\./,
  );
  await isDenied(() => mutex.inspect("a").then(() => mutex.acquire("a")), /"\$KV\.locks\./);
});

test("locks whose changes may not be heard are denied to who has to wait", async () => {
  await using setup = await denying("subscribe", "shizuku.kv.locks.>");
  const { world, guest } = setup;
  const options = { storage: "memory", republish: true } as const;
  await using theirs = createMutex(await openBucket(world.nc, "locks", options));
  await using _held = await theirs.acquire("a");
  await using ours = createMutex(await openBucket(guest, "locks", options));
  await isDenied(() => ours.acquire("a", { timeoutMs: LONG_MS }), /Subscription to "/);
});
