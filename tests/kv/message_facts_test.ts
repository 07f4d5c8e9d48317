import assert from "node:assert/strict";
import { test } from "node:test";
import { headers as createHeaders, type Msg } from "@nats-io/nats-core";
import fc from "fast-check";
import { factsOf } from "../../src/kv/_bucket_entry.ts";
import { addAny, factsBefore, messageFactsOf } from "../../src/kv/_message_facts.ts";
import { openBucket } from "../../src/kv/mod.ts";
import { startWorld, type World } from "../_support/world.ts";

const ENCODER = new TextEncoder();

/** A payload behind what else may lie in the buffer that it was received in. */
function payloadBehind(before: string, payload = "value"): Uint8Array {
  const bytes = ENCODER.encode(before + payload);
  return bytes.subarray(ENCODER.encode(before).length);
}

async function readDirectly({ nc }: World, key: string): Promise<Msg> {
  return await nc.request(`$JS.API.DIRECT.GET.KV_facts.$KV.facts.${key}`, "", { timeout: 30_000 });
}

test("messageFactsOf() reads from the bytes what the client reads from them", async () => {
  await using world = await startWorld();
  const bucket = await openBucket(world.nc, "facts", { limitMarkerTtlMs: 60_000, history: 3 });
  await bucket.write("plain", ENCODER.encode("1"));
  await bucket.write("a/b.NATS/1", ENCODER.encode("NATS/1.0\r\n\r\n"));
  await bucket.write("empty", new Uint8Array());
  await bucket.write("all", ENCODER.encode("2"), {
    revision: 0,
    messageId: "id /1.0",
    ttlMs: 9_000,
  });
  await bucket.write("deleted", new Uint8Array(), { operation: "delete" });
  await bucket.write("purged", new Uint8Array(), { operation: "purge", ttlMs: 60_000 });
  for (const key of ["plain", "a/b.NATS/1", "empty", "all", "deleted", "purged"]) {
    const message = await readDirectly(world, key);
    const facts = factsBefore(message.data);
    assert.deepEqual(facts, factsOf(message.headers, addAny), key);
    assert.deepEqual(messageFactsOf(message), facts);
    assert.equal(facts?.subject, `$KV.facts.${key}`);
    assert.deepEqual([facts.stream, facts.revision > 0], ["KV_facts", true]);
    assert.ok(Math.abs(facts.created.getTime() - Date.now()) < 60_000);
  }
  const missing = await readDirectly(world, "missing");
  assert.equal(factsBefore(missing.data), undefined);
  assert.equal(messageFactsOf(missing).revision, 0);
});

test("messageFactsOf() does without the bytes where they are not", () => {
  const headers = createHeaders();
  headers.append("Nats-Sequence", "7");
  const data = payloadBehind("MSG inbox.7 1 5\r\n");
  assert.equal(messageFactsOf({ data, headers } as unknown as Msg).revision, 7);
  assert.equal(messageFactsOf({ data } as unknown as Msg).revision, 0);
});

test("factsBefore() takes nothing else for headers", () => {
  for (
    const before of [
      "",
      "\r\n",
      "\r\n\r\n",
      "MSG inbox.7 1 5\r\n",
      "NATS/1.0\r\nNats-Sequence: 7\r\n\r\nMSG inbox.7 1 5\r\n",
      "NATS/1.0\r\nNats-Sequence: 7\r\n\r\nvalue\r\nHMSG inbox.7 1 20 20\r\nNATS/1.0 204 EOB\r\n\r\n",
      "NATS/1.0 404 Message Not Found\r\n\r\n",
      "NATS/1.0 204 EOB\r\nNats-Num-Pending: 0\r\n\r\n",
      "xNATS/1.0\r\nNats-Sequence: 7\r\n\r\n",
      "NATS/1.1\r\nNats-Sequence: 7\r\n\r\n",
    ]
  ) assert.equal(factsBefore(payloadBehind(before)), undefined, JSON.stringify(before));
});

test("factsBefore() reads times with any number of digits", () => {
  for (
    const time of [
      "2026-11-24T06:01:56.123456789Z",
      "2026-11-24T06:01:56.12Z",
      "2026-11-24T06:01:56.1Z",
      "2026-11-24T06:01:56Z",
      "2024-02-29T23:59:59.999999999Z",
      "2026-11-24T06:01:56.5+01:00",
    ]
  ) {
    const facts = factsBefore(payloadBehind(`NATS/1.0\r\nNats-Time-Stamp: ${time}\r\n\r\n`));
    assert.equal(facts?.created.getTime(), Math.floor(Date.parse(time)), time);
  }
});

test("factsBefore() reads whatever headers a message may have", () => {
  const name = fc.oneof(
    fc.constantFrom(
      "Nats-Sequence",
      "Nats-Stream",
      "Nats-Subject",
      "Nats-Msg-Id",
      "KV-Operation",
      "Nats-TTL",
      "Nats-Expected-Last-Subject-Sequence",
      "Nats-Marker-Reason",
    ),
    fc.stringMatching(/^[!-9;-~]{1,20}$/),
  );
  const number = fc.nat().map(String);
  const text = fc.stringMatching(/^[ -~äß]{0,40}$/);
  const lines = fc.array(fc.tuple(name, number, text), { maxLength: 8 });
  const rubbish = fc.oneof(
    fc.stringMatching(/^[ -~\r\n]{0,30}$/),
    fc.constant(
      "NATS/1.0\r\nNats-Subject: other\r\nNats-Sequence: 3\r\n\r\nvalue\r\nHMSG a 1 2 2\r",
    ),
  );
  fc.assert(fc.property(lines, rubbish, (lines, rubbish) => {
    const headers = createHeaders();
    for (const [name, number, text] of lines) {
      headers.append(name, /Sequence$/.test(name) ? number : text);
    }
    const block = [...headers].map(([name, values]) =>
      values.map((value) => `${name}: ${value}\r\n`).join("")
    ).join("");
    const facts = factsBefore(payloadBehind(`${rubbish}\nNATS/1.0\r\n${block}\r\n`));
    assert.deepEqual(facts, factsOf(headers, addAny));
  }));
});
