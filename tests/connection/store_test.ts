import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { borderOf, readStoreAck, store } from "../../src/connection/mod.ts";
import { startWorld } from "../_support/world.ts";

const encode = (text: string) => new TextEncoder().encode(text);

test("readStoreAck() reads the short form, and every other through JSON", () => {
  const cases: [string, ReturnType<typeof readStoreAck>][] = [
    ['{"stream":"S","seq":1}', { stream: "S", sequence: 1, duplicate: false }],
    ['{"stream":"S","seq":22}', { stream: "S", sequence: 22, duplicate: false }],
    ['{"stream":"T-ü","seq":9007199254740991}', {
      stream: "T-ü",
      sequence: 9007199254740991,
      duplicate: false,
    }],
    ['{"stream":"a\\"b","seq":3}', { stream: 'a"b', sequence: 3, duplicate: false }],
    ['{"stream":"S", "seq":3}', { stream: "S", sequence: 3, duplicate: false }],
    ['{"stream":"S","seq":4,"duplicate":true}', { stream: "S", sequence: 4, duplicate: true }],
    ['{"stream":"S","domain":"hub","seq":5}', { stream: "S", sequence: 5, duplicate: false }],
    ['{"stream":"S","seq":6,"batch":"b","count":3}', {
      stream: "S",
      sequence: 6,
      duplicate: false,
      batchSize: 3,
    }],
    ['{"stream":"S","seq":7,"val":"12"}', {
      stream: "S",
      sequence: 7,
      duplicate: false,
      value: "12",
    }],
  ];
  for (const [text, wanted] of cases) assert.deepEqual(readStoreAck(encode(text)), wanted, text);
});

test("readStoreAck() throws what the stream says, and for what is no acknowledgement", () => {
  const refused = '{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},' +
    '"stream":"S","seq":0}';
  assert.throws(() => readStoreAck(encode(refused)), {
    name: "JetStreamApiError",
    code: 10071,
    status: 400,
    message: "wrong last sequence: 3",
  });
  for (const text of ["", "{}", "null", "+OK", '{"stream":"S","seq":}', '{"stream":"S","seq":1']) {
    assert.throws(() => readStoreAck(encode(text)), /must come from a stream/, text);
  }
});

test("store() waits until the stream has the message, and rejects what it refuses", async () => {
  await using world = await startWorld();
  const { streams } = await jetstreamManager(world.nc);
  await streams.add({ name: "orders", subjects: ["order.*"] });
  const border = borderOf(world.nc);
  const timeoutMs = 5_000;
  const id = headers();
  id.set("Nats-Msg-Id", "one");
  const wanted = { stream: "orders", sequence: 1 };
  assert.deepEqual(await store(border, "order.1", encode("one"), { timeoutMs, headers: id }), {
    ...wanted,
    duplicate: false,
  });
  assert.deepEqual(await store(border, "order.1", encode("one"), { timeoutMs, headers: id }), {
    ...wanted,
    duplicate: true,
  });
  const expect = headers();
  expect.set("Nats-Expected-Last-Sequence", "7");
  await assert.rejects(
    store(border, "order.2", encode("two"), { timeoutMs, headers: expect }),
    { name: "JetStreamApiError", code: 10071 },
  );
  await assert.rejects(store(border, "nobody", encode("two"), { timeoutMs }), {
    message: "no responders: 'nobody'",
  });
});
