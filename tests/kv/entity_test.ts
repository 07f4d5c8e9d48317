import assert from "node:assert/strict";
import { test } from "node:test";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { json, protobuf } from "../../src/core/mod.ts";
import fc from "fast-check";
import {
  type BucketOptions,
  DELETE,
  entity,
  escapedKeys,
  KEEP,
  openBucket,
} from "../../src/kv/mod.ts";
import { StorageType } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { z } from "zod";
import { eventually } from "../_support/eventually.ts";
import { faultyConnection } from "./_faulty_connection.ts";
import { startWorld, type World } from "../_support/world.ts";

interface Flight {
  delay: number;
}

async function openFlights(nc: World["nc"], options: BucketOptions = {}) {
  const bucket = await openBucket(nc, "flights", { storage: "memory", ...options });
  return entity(bucket, { key: "flight.{origin}.{id}", codec: json<Flight>() });
}

const ORD = { origin: "ORD", id: "1" };

test("Entity.put() and Entity.get()", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  assert.equal(await flights.get(ORD), undefined);
  const saved = await flights.put(ORD, { delay: 5 });
  assert.deepEqual(saved, { key: ORD, value: { delay: 5 }, revision: 1 });
  const entry = await flights.get(ORD);
  assert.ok(entry);
  const { created, ...rest } = entry;
  assert.deepEqual(rest, { ...saved, operation: "put", delta: 0 });
  assert.ok(Math.abs(created.getTime() - Date.now()) < 60_000);
  assert.equal(entry.key.origin satisfies string, "ORD");
});

test("Entity.create() succeeds once, and again after a deletion", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  await flights.create(ORD, { delay: 1 });
  await assert.rejects(flights.create(ORD, { delay: 2 }), {
    code: "already_exists",
    message: "Cannot create flight.ORD.1 as it exists",
  });
  await flights.delete(ORD);
  assert.equal(await flights.get(ORD), undefined);
  await flights.create(ORD, { delay: 3 });
  await flights.purge(ORD);
  assert.equal((await flights.create(ORD, { delay: 4 })).value.delay, 4);
});

test("Entity.update() and Entity.delete() refuse another revision", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  const first = await flights.put(ORD, { delay: 1 });
  const second = await flights.update({ ...first, value: { delay: 2 } });
  await assert.rejects(flights.update(first), { code: "aborted", retryable: true });
  await assert.rejects(flights.delete(ORD, { revision: first.revision }), { code: "aborted" });
  const entry = await flights.get(ORD);
  assert.equal((await flights.update(entry!)).revision, second.revision + 1);
  await flights.purge(ORD, { revision: second.revision + 1 });
  assert.equal(await flights.get(ORD), undefined);
});

test("Entity.modify() loses no change of concurrent writers", async () => {
  await using world = await startWorld();
  const connections = [world.nc, await world.connect()];
  const tables = await Promise.all(connections.map((nc) => openFlights(nc)));
  const add = async (index: number) => {
    for (let round = 0; round < 50; round++) {
      await tables[index % 2]!.modify(ORD, (flight) => ({ delay: (flight?.delay ?? 0) + 1 }));
    }
  };
  await Promise.all([0, 1, 2, 3].map(add));
  assert.equal((await tables[0]!.get(ORD))?.value.delay, 200);
});

test("Entity.modify() leaves a value as it is, gives up, and can be canceled", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  assert.equal(await flights.modify(ORD, () => undefined), undefined);
  const saved = await flights.put(ORD, { delay: 1 });
  assert.equal((await flights.modify(ORD, () => undefined))?.revision, saved.revision);
  const interfere = async () => {
    await flights.put(ORD, { delay: 9 });
    return { delay: 2 };
  };
  await assert.rejects(flights.modify(ORD, interfere, { attempts: 3 }), {
    code: "aborted",
    message: /another writer came first in each of 3 attempts$/,
  });
  await assert.rejects(flights.modify(ORD, interfere, { signal: AbortSignal.abort() }), {
    code: "canceled",
  });
  const error = new Error("no");
  const fail = () => {
    throw error;
  };
  await assert.rejects(flights.modify(ORD, fail), error);
});

test("Entity.modify() finds out whether a write without acknowledgement was done", async () => {
  await using world = await startWorld();
  const { nc, timeOut } = faultyConnection(world.nc);
  const flights = await openFlights(nc);
  const others = await openFlights(world.nc);
  await others.put(ORD, { delay: 1 });
  const increment = (flight?: Flight) => ({ delay: (flight?.delay ?? 0) + 1 });

  timeOut(/^\$KV/, (send) => send());
  assert.equal((await flights.modify(ORD, increment))?.value.delay, 2);
  timeOut(/^\$KV/);
  assert.equal((await flights.modify(ORD, increment))?.value.delay, 3);
  timeOut(/^\$KV/, () => others.modify(ORD, increment));
  assert.equal((await flights.modify(ORD, increment))?.value.delay, 5);
  timeOut(/^\$KV/, async (send) => {
    await send();
    await others.put(ORD, { delay: 40 });
  });
  await assert.rejects(flights.modify(ORD, increment), {
    code: "deadline_exceeded",
    retryable: false,
    message: /nobody knows whether it was done$/,
  });
  assert.equal((await others.get(ORD))?.value.delay, 40);
});

test("Entity.modify() deletes, keeps, and starts from nothing", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc, { history: 9 });
  const others = await openFlights(await world.connect());
  assert.equal(await flights.modify(ORD, () => DELETE), undefined);
  assert.equal(await flights.modify(ORD, () => KEEP), undefined);
  assert.deepEqual(await flights.history(ORD), []);
  const first = await flights.modify(ORD, (flight) => ({ delay: flight?.delay ?? 1 }));
  assert.deepEqual(first, { key: ORD, value: { delay: 1 }, revision: 1 });
  assert.deepEqual(await flights.modify(ORD, async () => KEEP), first);
  assert.equal(await flights.modify(ORD, () => DELETE), undefined);
  assert.equal(await flights.modify(ORD, () => DELETE), undefined);
  assert.equal(await flights.get(ORD), undefined);
  assert.deepEqual(
    (await flights.history(ORD)).map(({ revision, operation }) => [revision, operation]),
    [[1, "put"], [2, "delete"]],
  );
  const third = await flights.modify(ORD, (flight) => ({ delay: flight === undefined ? 3 : 0 }));
  assert.deepEqual([third?.value.delay, third?.revision], [3, 3]);
  // What this process remembers is not the last word, whatever comes of it.
  await others.put(ORD, { delay: 4 });
  const seen: (number | undefined)[] = [];
  const kept = await flights.modify(ORD, (flight) => {
    seen.push(flight?.delay);
    return KEEP;
  });
  assert.deepEqual([kept?.value.delay, seen.at(-1)], [4, 4]);
  await flights.put(ORD, { delay: 5 });
  await flights.modify(ORD, (flight) => ({ delay: flight!.delay + 1 }));
  await others.delete(ORD);
  await assert.rejects(
    flights.modify(ORD, (flight) => {
      throw new Error(`found ${flight?.delay}`);
    }),
    { message: "found undefined" },
  );
});

test("Entity.modify() that nobody competes with is one request", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  const increment = (flight?: Flight) => ({ delay: (flight?.delay ?? 0) + 1 });
  // Nothing is remembered for longer than a second, which a machine may well stall for.
  await eventually(async () => {
    await flights.put(ORD, { delay: 0 });
    await flights.modify(ORD, increment);
    const before = world.nc.stats().outMsgs;
    for (let round = 0; round < 10; round++) await flights.modify(ORD, increment);
    assert.equal(world.nc.stats().outMsgs - before, 10);
    assert.equal((await flights.get(ORD))?.value.delay, 11);
  });
});

test("Entity.modify() by many at once: every change is done, each with a revision", async () => {
  await using world = await startWorld();
  const tables = [await openFlights(world.nc), await openFlights(await world.connect())];
  const saved = await Promise.all(
    Array.from(
      { length: 200 },
      (_, index) =>
        tables[index % 2]!.modify(ORD, (flight) => ({ delay: (flight?.delay ?? 0) + 1 })),
    ),
  );
  assert.equal((await tables[0]!.get(ORD))?.value.delay, 200);
  assert.equal(new Set(saved.map((one) => one?.revision)).size, 200);
  assert.equal(new Set(saved.map((one) => one?.value.delay)).size, 200);
});

test("Entity.modify() waits for its turn, but not for ever", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  let goOn = () => {};
  const slow = flights.modify(ORD, async (flight) => {
    await new Promise<void>((resolve) => goOn = resolve);
    return { delay: (flight?.delay ?? 0) + 1 };
  });
  const controller = new AbortController();
  const given = flights.modify(ORD, () => ({ delay: 0 }), { signal: controller.signal });
  controller.abort(new Error("no more"));
  await assert.rejects(given, { code: "canceled", cause: new Error("no more") });
  // One that takes long lets others pass; its own write then comes too late, and it tries again.
  const quick = await flights.modify(ORD, (flight) => ({ delay: (flight?.delay ?? 0) + 10 }));
  assert.equal(quick?.value.delay, 10);
  goOn();
  await eventually(async () => {
    goOn();
    assert.equal((await flights.get(ORD))?.value.delay, 11);
  });
  assert.equal((await slow)?.value.delay, 11);
});

test("Entity.modify() within itself does not wait for itself", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  let rounds = 0;
  const saved = await flights.modify(ORD, async () => {
    if (rounds++ === 0) await flights.modify(ORD, () => ({ delay: 1 }));
    return { delay: 2 };
  });
  assert.deepEqual([saved?.value.delay, saved?.revision, rounds], [2, 2, 2]);
});

test("Entity.modify() loses nothing when the server restarts", async () => {
  await using world = await startWorld();
  await world.nc.close();
  const options = { maxReconnectAttempts: -1, reconnectTimeWait: 50 };
  const connections = [await world.connect(options), await world.connect(options)];
  const tables = await Promise.all(
    connections.map((nc) => openFlights(nc, { storage: "file", history: 2 })),
  );
  let isOver = false;
  let done = 0;
  const work = async (index: number) => {
    while (!isOver) {
      await tables[index]!.modify(ORD, (flight) => ({ delay: (flight?.delay ?? 0) + 1 }));
      done++;
    }
  };
  const working = Promise.all([work(0), work(1)]);
  for (let restart = 0; restart < 2; restart++) {
    const before = done;
    await eventually(() => assert.ok(done > before + 20));
    await world.server.restart();
  }
  const before = done;
  await eventually(() => assert.ok(done > before + 20));
  isOver = true;
  await working;
  assert.equal((await tables[0]!.get(ORD))?.value.delay, done);
});

test("Entity.getMany(), at() and history()", async () => {
  for (const reads of ["leader", "direct"] as const) {
    await using world = await startWorld();
    const flights = await openFlights(world.nc, { history: 3, reads });
    const keyOf = (id: number) => ({ origin: "ORD", id: String(id) });
    for (let id = 0; id < 5; id++) await flights.put(keyOf(id), { delay: id });
    await flights.delete(keyOf(3));
    const many = await flights.getMany([4, 0, 9, 3, 4].map(keyOf));
    assert.deepEqual(many.map((entry) => entry?.value.delay), [4, 0, undefined, undefined, 4]);
    assert.deepEqual(many[0], await flights.get(keyOf(4)));
    assert.deepEqual(await flights.getMany([]), []);
    assert.deepEqual((await flights.at(keyOf(1), 2))?.value, { delay: 1 });
    assert.equal(await flights.at(keyOf(0), 2), undefined, "the revision of another key");
    assert.equal(await flights.at(keyOf(3), 6), undefined, "a deletion");
    assert.equal(await flights.at(keyOf(0), 99), undefined);
    for (let delay = 10; delay < 14; delay++) await flights.put(keyOf(0), { delay });
    await flights.delete(keyOf(0));
    const history = await flights.history(keyOf(0));
    assert.deepEqual(
      history.map((entry) => entry.operation === "put" ? entry.value.delay : entry.operation),
      [12, 13, "delete"],
    );
    assert.ok(history.every(({ created }) => Math.abs(created.getTime() - Date.now()) < 60_000));
    await flights.purge(keyOf(0));
    assert.deepEqual((await flights.history(keyOf(0))).map(({ operation }) => operation), [
      "purge",
    ]);
  }
});

test("Entity.getMany() reads more than the server gives at once", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  const keys = Array.from({ length: 2_500 }, (_, id) => ({ origin: "ORD", id: String(id) }));
  await Promise.all(keys.map((key, delay) => flights.put(key, { delay })));
  const leader = await flights.getMany(keys);
  assert.deepEqual(leader.map((entry) => entry?.value.delay), keys.map((_, delay) => delay));
  const direct = await openFlights(world.nc, { reads: "direct" });
  assert.deepEqual(await direct.getMany(keys), leader);
});

test("Entity.delete() and purge() by revision, also for none", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  const saved = await flights.put(ORD, { delay: 1 });
  for (const remove of [flights.delete.bind(flights), flights.purge.bind(flights)]) {
    for (const revision of [0, saved.revision + 1]) {
      await assert.rejects(remove(ORD, { revision }), { code: "aborted" });
    }
  }
  assert.equal((await flights.get(ORD))?.revision, saved.revision);
  await flights.delete({ origin: "ORD", id: "none" }, { revision: 0 });
  await flights.delete(ORD, { revision: saved.revision });
  assert.equal(await flights.get(ORD), undefined);
});

test("Entity.create() and purge() with a time to live", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  const bucket = await openBucket(world.nc, "flights");
  await flights.create({ origin: "ORD", id: "4" }, { delay: 1 }, { ttlMs: 60_000 });
  assert.equal((await bucket.get("flight.ORD.4"))?.ttlMs, 60_000);
  await flights.create(ORD, { delay: 1 }, { ttlMs: 1_000 });
  const kept = { origin: "ORD", id: "2" };
  await flights.create(kept, { delay: 2 }, { ttlMs: 1_000 });
  await flights.modify(kept, () => ({ delay: 3 }));
  const purged = { origin: "ORD", id: "3" };
  await flights.put(purged, { delay: 3 });
  await flights.purge(purged, { ttlMs: 1_000 });
  await eventually(async () => assert.equal(await bucket.get("flight.ORD.1"), undefined));
  await eventually(async () => assert.equal(await bucket.get("flight.ORD.3"), undefined));
  assert.equal((await flights.get(kept))?.value.delay, 3, "its time ended with the first value");
  // What this process remembers of an expired value does not mislead it.
  const seen: unknown[] = [];
  await flights.modify(kept, () => DELETE);
  await flights.create(kept, { delay: 4 }, { ttlMs: 1_000 });
  await eventually(async () => assert.equal(await flights.get(kept), undefined));
  await flights.modify(kept, (flight) => {
    seen.push(flight?.delay);
    return { delay: 5 };
  });
  assert.equal(seen.at(-1), undefined);
  await assert.rejects(flights.create(ORD, { delay: 1 }, { ttlMs: 999 }), {
    code: "invalid_argument",
    message: "Cannot put flight.ORD.1 of bucket flights as ttlMs must be at least 1000: " +
      "current value is 999",
  });
});

test("a time to live in a bucket that does not allow it is refused", async () => {
  await using world = await startWorld();
  await new Kvm(world.nc).create("flights", { storage: StorageType.Memory });
  const flights = await openFlights(world.nc);
  await assert.rejects(flights.create(ORD, { delay: 1 }, { ttlMs: 1_000 }), {
    code: "failed_precondition",
    message: /^Cannot put flight\.ORD\.1 of bucket flights: .+ opened with limitMarkerTtlMs$/,
  });
  assert.equal(await flights.get(ORD), undefined);
  const opened = await openFlights(world.nc, { limitMarkerTtlMs: 60_000 });
  await opened.create(ORD, { delay: 1 }, { ttlMs: 1_000 });
});

test("entity() encodes keys by choice", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "users");
  const options = { key: "user.{mail}.{rest...}", codec: json<number>() } as const;
  const users = entity(bucket, { ...options, encodeKeys: true });
  const key = { mail: "ada.l@example.org", rest: "a b.ü" };
  await users.put(key, 1);
  assert.equal(users.keyOf(key), "user.ada=2El=40example=2Eorg.a=20b.=C3=BC");
  assert.deepEqual(users.paramsOf(users.keyOf(key)), key);
  assert.equal((await users.get(key))?.value, 1);
  assert.deepEqual(await toArray(users.keys({ mail: key.mail })), [key]);
  // Keys that are not of this encoding are not of this entity.
  await bucket.write("user.a=zz.b", new TextEncoder().encode("2"));
  assert.deepEqual(await toArray(users.keys()), [key]);
  await assert.rejects(users.put({ mail: "\ud800", rest: "a" }, 1), {
    code: "invalid_argument",
    message: /as \{mail\} cannot be encoded: it is no text of Unicode$/,
  });
  const reversed = (text: string) => [...text].reverse().join("");
  const own = entity(bucket, { ...options, encodeKeys: { encode: reversed, decode: reversed } });
  assert.equal(own.keyOf({ mail: "abc", rest: "de.f" }), "user.cba.ed.f");
  await assert.rejects(own.get({ mail: "a b", rest: "c" }), {
    message: /\{mail\} must be of letters/,
  });
});

test("Entity.keyOf(), paramsOf() and filterOf() agree", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "users");
  const codec = json<number>();
  const token = fc.string({ unit: fc.constantFrom(..."aZ09-/_="), minLength: 1 });
  const plain = entity(bucket, { key: "k.{one}.m.{two}.{rest...}", codec });
  const tokens = fc.record({ one: token, two: token, rest: fc.array(token, { minLength: 1 }) });
  fc.assert(fc.property(tokens, ({ one, two, rest }) => {
    const params = { one, two, rest: rest.join(".") };
    assert.equal(plain.keyOf(params), `k.${one}.m.${two}.${rest.join(".")}`);
    assert.deepEqual(plain.paramsOf(plain.keyOf(params)), params);
    assert.equal(plain.filterOf({ two }), `k.*.m.${two}.>`);
  }));
  const text = fc.string({ unit: "grapheme" }).filter((text) => text.isWellFormed());
  const encoded = entity(bucket, { key: "k.{one}.m.{rest...}", codec, encodeKeys: true });
  fc.assert(fc.property(text, text, (one, rest) => {
    assert.deepEqual(encoded.paramsOf(encoded.keyOf({ one, rest })), { one, rest });
  }));
});

test("escapedKeys gives every text a token of its own, and reads no other", () => {
  const text = fc.string({ unit: "grapheme" }).filter((text) => text.isWellFormed());
  fc.assert(fc.property(text, (text) => {
    const token = escapedKeys.encode(text);
    assert.match(token, /^[-/_=a-zA-Z0-9]+$/);
    assert.equal(escapedKeys.decode(token), text);
  }));
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."=0A4Fgé") }), (token) => {
    const text = escapedKeys.decode(token);
    if (text !== undefined) assert.equal(escapedKeys.encode(text), token);
  }));
  for (const token of ["", "é", "=4", "=zz", "=41", "=c3=bc", "=FF", "a=", "=="]) {
    assert.equal(escapedKeys.decode(token), undefined, token);
  }
});

test("a value that no reader could read is not written", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "numbers");
  const positive = z.number().positive();
  const numbers = entity(bucket, { key: "{id}", codec: json(positive) });
  await assert.rejects(numbers.put({ id: "1" }, -1), {
    code: "invalid_argument",
    message: /^Cannot write 1: Cannot decode json/,
  });
  await assert.rejects(numbers.modify({ id: "1" }, () => -1), { code: "invalid_argument" });
  assert.equal(await bucket.get("1"), undefined);
});

test("Entity.modify() asks the server for a write that others have buried", async () => {
  await using world = await startWorld();
  const { nc, timeOut } = faultyConnection(world.nc);
  const options = { history: 2 };
  const flights = await openFlights(nc, options);
  const others = await openFlights(world.nc, options);
  await others.put(ORD, { delay: 1 });
  const increment = (flight?: Flight) => ({ delay: (flight?.delay ?? 0) + 1 });
  const bury = async () => {
    for (let round = 0; round < 5; round++) await others.modify(ORD, increment);
  };
  timeOut(/^\$KV/, async (send) => {
    await send();
    await bury();
  });
  assert.deepEqual((await flights.modify(ORD, increment))?.revision, 2, "it was done");
  assert.equal((await others.get(ORD))?.value.delay, 7);
  timeOut(/^\$KV/, bury);
  assert.equal((await flights.modify(ORD, increment))?.value.delay, 13, "it was not done");
  assert.equal((await others.get(ORD))?.value.delay, 13);
  // Also if the question itself is not answered: it comes after a look at the history.
  timeOut(/^\$KV/, async () => {
    await bury();
    timeOut(/MSG\.GET/, async () => timeOut(/^\$KV/, (send) => send()));
  });
  assert.equal((await flights.modify(ORD, increment))?.value.delay, 19);
  assert.equal((await others.get(ORD))?.value.delay, 19);
});

test("Entity.keys(), entries() and count() are filtered by parameters", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  assert.equal(await flights.count(), 0);
  for (const [origin, id, delay] of [["ORD", "1", 1], ["ORD", "2", 2], ["SFO", "1", 3]] as const) {
    await flights.put({ origin, id }, { delay });
  }
  await flights.put({ origin: "ORD", id: "9" }, { delay: 9 });
  await flights.delete({ origin: "ORD", id: "9" });
  assert.deepEqual(await toArray(flights.keys({ id: "1" })), [
    { origin: "ORD", id: "1" },
    { origin: "SFO", id: "1" },
  ]);
  const entries = await toArray(flights.entries({ origin: "ORD" }));
  assert.deepEqual(entries.map(({ key, value }) => [key.id, value.delay]), [["1", 1], ["2", 2]]);
  assert.equal(await flights.count(), 3);
  assert.equal(await flights.count({ origin: "SFO" }), 1);
  for await (const _ of flights.entries()) break;
});

test("entity() refuses keys that are not valid", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  for (const id of ["", "a b", "a.b", "*", ">", "é", "a:b"]) {
    await assert.rejects(async () => await flights.put({ origin: "ORD", id }, { delay: 1 }), {
      code: "invalid_argument",
      message: "Cannot use key flight.{origin}.{id} as {id} must be of letters, digits, - / _ " +
        `and =: current value is ${JSON.stringify(id)}`,
    });
  }
  await assert.rejects(async () => await flights.get({ origin: "ORD" } as typeof ORD), {
    message: /\{id\} .+ current value is undefined$/,
  });
  const bucket = await openBucket(world.nc, "flights");
  assert.throws(() => entity(bucket, { key: "a b.{id}", codec: json() }), {
    code: "invalid_argument",
    message: /^Cannot use key a b\.\{id\} as each token must be .+ current value is "a b"$/,
  });
  const files = entity(bucket, { key: "file.{path...}", codec: json<number>() });
  await files.put({ path: "a.b/c=.d" }, 7);
  assert.deepEqual(await toArray(files.keys()), [{ path: "a.b/c=.d" }]);
});

test("entity() tells the types that a codec reads and writes apart", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "times");
  const times = entity(bucket, { key: "{name}", codec: protobuf(TimestampSchema) });
  const saved = await times.put({ name: "start" }, { seconds: 7n });
  assert.equal(saved.value.$typeName, "google.protobuf.Timestamp");
  await times.modify({ name: "start" }, (time) => time && { ...time, nanos: 5 });
  const entry = await times.get({ name: "start" });
  assert.deepEqual([entry?.value.seconds, entry?.value.nanos], [7n, 5]);
  // @ts-expect-error: the template has no such parameter.
  await assert.rejects(async () => await times.get({ id: "start" }));
});

test("a value that cannot be decoded or encoded is named", async () => {
  await using world = await startWorld();
  const flights = await openFlights(world.nc);
  const bucket = await openBucket(world.nc, "flights");
  await bucket.write("flight.ORD.1", new TextEncoder().encode("{"));
  await assert.rejects(flights.get(ORD), {
    code: "data_loss",
    message:
      /^Cannot read flight\.ORD\.1 at revision 1: Cannot decode json from 1 bytes as they must be JSON/,
  });
  await assert.rejects(toArray(flights.entries()), { code: "data_loss" });
  assert.equal(await flights.count(), 1);
  await assert.rejects(async () => await flights.put(ORD, { delay: 1n as unknown as number }), {
    code: "invalid_argument",
    message: /^Cannot write flight\.ORD\.1: /,
  });
});

async function toArray<T>(items: AsyncIterable<T>): Promise<T[]> {
  const array: T[] = [];
  for await (const item of items) array.push(item);
  return array;
}
