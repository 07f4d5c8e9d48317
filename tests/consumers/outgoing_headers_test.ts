import assert from "node:assert/strict";
import { test } from "node:test";
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import fc from "fast-check";
import { headerLine, OutgoingHeaders } from "../../src/consumers/_outgoing_headers.ts";
import { MessageIds } from "../../src/consumers/_message_ids.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld } from "../_support/world.ts";

type Pairs = [name: string, value: string][];

function ours(pairs: Pairs): OutgoingHeaders {
  return new OutgoingHeaders(pairs.map(([name, value]) => headerLine(name, value)).join(""));
}

function theirs(pairs: Pairs): MsgHdrs {
  const made = headers();
  for (const [name, value] of pairs) made.append(name, value);
  return made;
}

/** What the client calls when it writes a message; it is in no public type. */
function encoded(made: MsgHdrs): string {
  return new TextDecoder().decode((made as MsgHdrs & { encode(): Uint8Array }).encode());
}

test("OutgoingHeaders are written as the client writes its own", () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
  const value = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .map((text) => text.replace(/[\p{Cc}\p{Cs}]/gu, "").trim());
  const pairs = fc.uniqueArray(fc.tuple(name, value), {
    minLength: 1,
    maxLength: 4,
    selector: ([one]) => one,
  });
  fc.assert(fc.property(pairs, (pairs) => {
    assert.equal(encoded(ours(pairs)), encoded(theirs(pairs)));
    assert.equal(ours(pairs).byteLength, new TextEncoder().encode(encoded(theirs(pairs))).length);
  }));
  const long: Pairs = [["x", "y".repeat(20_000)], ["z", "ü".repeat(9_000)]];
  assert.equal(encoded(ours(long)), encoded(theirs(long)));
});

test("OutgoingHeaders do all that the client's headers do", () => {
  const pairs: Pairs = [["Nats-Msg-Id", "7"], ["x", "1"], ["x", "2"]];
  const [mine, other] = [ours(pairs), theirs(pairs)];
  const look = (made: MsgHdrs) => [
    [...made],
    made.keys(),
    made.get("x"),
    made.get("nobody"),
    made.last("x"),
    made.values("x"),
    made.has("Nats-Msg-Id"),
    made.has("nats-msg-id"),
    made.hasError,
    made.code,
    made.status,
    made.description,
    encoded(made),
  ];
  assert.deepEqual(look(mine), look(other));
  for (const made of [mine, other]) {
    made.set("x", "3");
    made.append("y", "4");
    made.delete("Nats-Msg-Id");
  }
  assert.deepEqual(look(mine), look(other));
  assert.equal(encoded(mine), "NATS/1.0\r\nx: 3\r\ny: 4\r\n\r\n");
});

test("OutgoingHeaders reach another client as they were written", async () => {
  await using world = await startWorld();
  const other = await world.connect();
  const received: [string, string[]][][] = [];
  const subscription = other.subscribe("h", {
    callback: (_error, message) => void received.push([...message.headers ?? []]),
  });
  await other.flush();
  const total = 3_000;
  for (let index = 0; index < total; index++) {
    world.nc.publish("h", "", {
      headers: ours([["id", `ü${index}`], ["x", "y".repeat(index % 99)]]),
    });
    // Some leave in one write, some in several.
    if (index % 700 === 0) await world.nc.flush();
  }
  await eventually(() => assert.equal(received.length, total));
  for (const [index, found] of received.entries()) {
    assert.deepEqual(found, [["id", [`ü${index}`]], ["x", ["y".repeat(index % 99)]]]);
  }
  subscription.unsubscribe();
});

test("MessageIds never repeat", () => {
  const makers = [new MessageIds(), new MessageIds(), new MessageIds()];
  const ids = makers.flatMap((maker) => Array.from({ length: 10_000 }, () => maker.next()));
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(new Set(ids.map((id) => id.slice(0, 16))).size, 3);
  for (const id of ids) assert.match(id, /^[\w-]+$/);
});
