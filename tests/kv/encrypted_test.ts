import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import fc from "fast-check";
import { bytes, type Codec, json, ShizukuError, text } from "../../src/core/mod.ts";
import { type Bucket, entity, openBucket, value } from "../../src/kv/mod.ts";
import {
  encrypted,
  type EncryptionKeys,
  newEncryptionKey,
  reencrypt,
  type ReencryptProgress,
} from "../../src/kv/encrypted.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";

const [OLD, NEW] = [newEncryptionKey(), newEncryptionKey()];
const BEFORE: EncryptionKeys = { current: "old", keys: { old: OLD } };
const BETWEEN: EncryptionKeys = { current: "new", keys: { old: OLD, new: NEW } };
const AFTER: EncryptionKeys = { current: "new", keys: { new: NEW } };
const PLACE = { bucket: "accounts", key: "account.7" };
const SECRET = "DE02120300000000202051";

test("encrypted() gives back what was encrypted, and nothing that is changed or moved", () => {
  const codec = encrypted(bytes, BEFORE);
  const change = fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), change, (clear, { at, bit }) => {
      const sealed = codec.encodeAt(clear, PLACE);
      assert.deepEqual(codec.decodeAt(sealed, PLACE), clear);
      const changed = sealed.slice();
      changed[at % changed.length]! ^= 1 << bit;
      assert.throws(() => codec.decodeAt(changed, PLACE), { code: "invalid_argument" });
      assert.throws(() => codec.decodeAt(sealed.subarray(0, at % sealed.length), PLACE));
    }),
  );
  const sealed = codec.encodeAt(new Uint8Array([1]), PLACE);
  for (
    const place of [
      { ...PLACE, key: "account.8" },
      { ...PLACE, bucket: "others" },
      // Bucket and key cannot flow into each other.
      { bucket: "accountsa", key: "ccount.7" },
    ]
  ) {
    assert.throws(() => codec.decodeAt(sealed, place), {
      code: "invalid_argument",
      message: /^Cannot decrypt 46 bytes as they must be what was encrypted for .+: they are not$/,
    });
  }
});

test("encrypted() takes a new nonce each time, and as many bytes as documented", () => {
  const codec = encrypted(text, BEFORE);
  const sealed = Array.from({ length: 100 }, () => codec.encodeAt(SECRET, PLACE));
  assert.equal(new Set(sealed.map(String)).size, 100);
  assert.equal(sealed[0]!.length, SECRET.length + 42 + "old".length);
  assert.equal(codec.keyIdOf(sealed[0]!), "old");
  assert.equal(codec.keyIdOf(new TextEncoder().encode(SECRET)), undefined);
  assert.equal(codec.keyIdOf(new Uint8Array()), undefined);
});

test("encrypted() reads with every key that it has, and writes with the current one", () => {
  const [before, between, after] = [BEFORE, BETWEEN, AFTER].map((keys) => encrypted(text, keys));
  const old = before!.encodeAt(SECRET, PLACE);
  assert.equal(between!.decodeAt(old, PLACE), SECRET);
  assert.throws(() => after!.decodeAt(old, PLACE), {
    message: /as their key must be known: it is old$/,
  });
  const renewed = between!.renew(old, PLACE);
  assert.equal(after!.decodeAt(renewed, PLACE), SECRET);
  const other = encrypted(text, { current: "new", keys: { new: OLD } });
  assert.throws(() => other.decodeAt(renewed, PLACE), { code: "invalid_argument" });
});

test("encrypted() refuses keys that are not valid, without showing them", () => {
  const short = new TextEncoder().encode("a-very-secret-key");
  const cases: [EncryptionKeys, RegExp][] = [
    [{ current: "a", keys: { a: short } }, /as key a must be of 32 bytes: it is 17 bytes$/],
    [{ current: "a", keys: { a: SECRET as never } }, /must be of 32 bytes: it is string$/],
    [{ current: "b", keys: { a: OLD } }, /must hold the current one: b is not there$/],
    [{ current: "a b", keys: { "a b": OLD } }, /the id of a key must be of .+ value is "a b"$/],
    [{ current: "", keys: { "": OLD } }, /the id of a key/],
  ];
  for (const [keys, message] of cases) {
    assert.throws(() => encrypted(text, keys), (error) => {
      assert.ok(ShizukuError.is(error) && error.code === "invalid_argument");
      assert.match(error.message, message);
      assert.doesNotMatch(everything(error), /a-very-secret-key|DE02/);
      return true;
    });
  }
});

test("errors of encrypted values hold nothing of them", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "accounts");
  const loud: Codec<string> = {
    ...text,
    encode(value) {
      if (value.startsWith("bad")) throw new TypeError(`bad value ${value}`);
      return text.encode(value);
    },
    decode(data) {
      throw new TypeError(`bad value ${text.decode(data)}`);
    },
  };
  const options = { key: "account.{id}" };
  const good = entity(bucket, { ...options, codec: encrypted(text, BEFORE) });
  const bad = entity(bucket, { ...options, codec: encrypted(loud, BEFORE) });
  await good.put({ id: "7" }, SECRET);
  const attempts = [
    () => bad.get({ id: "7" }),
    () => bad.put({ id: "8" }, SECRET),
    () => bad.put({ id: "8" }, `bad ${SECRET}`),
  ];
  for (const attempt of attempts) {
    const error = await attempt().then(() => assert.fail("it must fail"), (error) => error);
    assert.match(everything(error), /Cannot (?:de|en)code text/);
    assert.doesNotMatch(everything(error), new RegExp(SECRET));
  }
  assert.equal(await bucket.get("account.8"), undefined);
});

test("encrypted values cannot be read in the stream, nor under another key", async () => {
  await using world = await startWorld();
  const { bucket, before } = await openAccounts(world.nc);
  await before.put({ id: "7" }, { iban: SECRET });
  await before.modify({ id: "7" }, (account) => ({ ...account!, note: `paid to ${SECRET}` }));
  assert.equal((await before.get({ id: "7" }))?.value.iban, SECRET);
  const settings = value(bucket, { key: "settings", codec: encrypted(text, BEFORE) });
  await settings.put(`token ${SECRET}`);
  assert.equal((await settings.get())?.value, `token ${SECRET}`);

  const { streams } = await jetstreamManager(world.nc);
  for (let seq = 1; seq <= 3; seq++) {
    const message = await streams.getMessage("KV_accounts", { seq });
    const raw = new TextDecoder("latin1").decode(message!.data) + message!.header;
    for (const part of [SECRET, "iban", "paid", "token", SECRET.slice(4, 10)]) {
      assert.ok(!raw.includes(part), `message ${seq} shows ${part}`);
    }
  }

  const stolen = (await bucket.get("account.7"))!.value;
  await bucket.write("account.8", stolen);
  await assert.rejects(before.get({ id: "8" }), { code: "data_loss" });
  const copy = await openBucket(world.nc, "copy");
  await copy.write("account.7", stolen);
  const copied = entity(copy, { key: "account.{id}", codec: encrypted(json(), BEFORE) });
  await assert.rejects(copied.get({ id: "7" }), { code: "data_loss" });
});

test("reencrypt() renews what is old, beside writers, and goes on where it stopped", async () => {
  await using world = await startWorld();
  const { bucket, before, between, after } = await openAccounts(world.nc);
  const ids = Array.from({ length: 300 }, (_, index) => String(index));
  await Promise.all(ids.map((id) => before.put({ id }, { iban: SECRET, balance: 0 })));
  await before.delete({ id: "299" });
  await bucket.write("account.broken", new Uint8Array([1, 2, 3]));

  const controller = new AbortController();
  const first = await reencrypt(between, {
    signal: controller.signal,
    onProgress: ({ renewed }) => {
      if (renewed === 50) controller.abort();
    },
    onFailure: () => {},
  });
  assert.ok(first.renewed >= 50 && first.renewed < 200, `renewed ${first.renewed}`);

  const add = async (id: string) => {
    for (let round = 0; round < 10; round++) {
      await between.modify({ id }, (account) => ({
        ...account!,
        balance: account!.balance! + 1,
      }));
    }
  };
  const failures: string[] = [];
  const progress: ReencryptProgress[] = [];
  const [last] = await Promise.all([
    reencrypt(between, {
      onProgress: (each) => progress.push(each),
      onFailure: (key) => failures.push(key),
    }),
    ...ids.slice(0, 20).map(add),
  ]);
  assert.deepEqual(failures, ["account.broken"]);
  assert.equal(last.failed, 1);
  assert.ok(last.checked >= 299 && progress.at(-1)?.checked === last.checked);
  const again = await reencrypt(between, { onFailure: () => {} });
  assert.deepEqual([again.renewed, again.failed], [0, 1]);

  // The old key may go.
  const found = await after.getMany(ids.map((id) => ({ id })));
  const wanted = ids.map((_, index) => index === 299 ? undefined : index < 20 ? 10 : 0);
  assert.deepEqual(found.map((entry) => entry?.value.balance), wanted);
});

test("reencrypt() lets a value expire when it would have", async () => {
  await using world = await startWorld();
  const { bucket, before, between } = await openAccounts(world.nc);
  await before.create({ id: "7" }, { iban: SECRET }, { ttlMs: 5_000 });
  await before.create({ id: "8" }, { iban: SECRET }, { ttlMs: 3_600_000 });
  assert.equal((await reencrypt(between)).renewed, 2);
  const { ttlMs } = (await bucket.get("account.8"))!;
  assert.ok(ttlMs! > 3_500_000 && ttlMs! <= 3_600_000, `${ttlMs}`);
  await eventually(async () => assert.equal(await bucket.get("account.7"), undefined));
});

test("reencrypt() refuses an entity that is not encrypted", async () => {
  await using world = await startWorld();
  const plain = entity(await openBucket(world.nc, "plain"), { key: "{id}", codec: text });
  await assert.rejects(reencrypt(plain), {
    code: "invalid_argument",
    message: "Cannot encrypt anew as the codec must be one of encrypted(): it is text",
  });
});

interface Account {
  iban: string;
  balance?: number;
  note?: string;
}

/** One entity before, in the middle of and after a change of keys. */
async function openAccounts(nc: Parameters<typeof openBucket>[0]) {
  const bucket = await openBucket(nc, "accounts", { storage: "memory", history: 5 });
  const open = (bucket: Bucket, keys: EncryptionKeys) =>
    entity(bucket, { key: "account.{id}", codec: encrypted(json<Account>(), keys) });
  return {
    bucket,
    before: open(bucket, BEFORE),
    between: open(bucket, BETWEEN),
    after: open(bucket, AFTER),
  };
}

/** All that a log could show of an error. */
function everything(error: unknown): string {
  const texts: string[] = [];
  for (let next = error; next instanceof Error; next = next.cause) {
    texts.push(next.message, next.stack ?? "", JSON.stringify(next));
  }
  return texts.join("\n");
}
