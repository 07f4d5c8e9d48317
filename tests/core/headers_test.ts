import assert from "node:assert/strict";
import { test } from "node:test";
import { headers as createHeaders } from "@nats-io/nats-core";
import { checkHeaders, MessageHeaders, writeHeaders } from "../../src/core/mod.ts";

test("MessageHeaders.get() finds names in any case", () => {
  const headers = MessageHeaders.from({ "X-Tenant": "acme", accept: ["a", "b"] });
  assert.deepEqual([headers.get("x-tenant"), headers.get("ACCEPT"), headers.get("none")], [
    "acme",
    "a",
    undefined,
  ]);
  assert.deepEqual(headers.getAll("Accept"), ["a", "b"]);
  assert.deepEqual(headers.getAll("none"), []);
  assert.equal(headers.size, 2);
});

test("MessageHeaders keeps names as they were written, also two that differ in case", () => {
  const record = { "x-a": ["1"], "X-A": ["2", "3"], __proto__x: ["4"] };
  const headers = MessageHeaders.from(record);
  assert.deepEqual(headers.toRecord(), record);
  assert.deepEqual(headers.getAll("x-A"), ["1", "2", "3"]);
  assert.deepEqual([...headers], Object.entries(record));
});

test("MessageHeaders.from() is not changed by what it was made of", () => {
  const source = { a: ["1"] };
  const headers = MessageHeaders.from(source);
  source.a.push("2");
  assert.deepEqual(headers.getAll("a"), ["1"]);
});

test("MessageHeaders.from() reads nothing, a record, itself and NATS headers", () => {
  assert.equal(MessageHeaders.from(undefined).size, 0);
  assert.equal(MessageHeaders.EMPTY.size, 0);
  const source = createHeaders();
  source.append("A", "1");
  source.append("a", "2");
  source.append("A", "3");
  const headers = MessageHeaders.from(source);
  assert.deepEqual(headers.toRecord(), { A: ["1", "3"], a: ["2"] });
  assert.equal(MessageHeaders.from(headers), headers);
});

test("writeHeaders() adds to the headers of a message, without loss", () => {
  const target = createHeaders();
  target.append("kept", "0");
  writeHeaders({ a: "1", A: ["2", "3"], empty: "" }, target);
  assert.deepEqual(Object.fromEntries(target), {
    kept: ["0"],
    a: ["1"],
    A: ["2", "3"],
    empty: [""],
  });
});

test("checkHeaders() takes tokens as names, and printable ASCII as values", () => {
  checkHeaders({ "x-a": "1", "!#$%&'*+-.^_`|~09AZaz": ["", "a b", "x:y", "~ !"], natsx: "ok" });
});

test("checkHeaders() refuses what would not arrive as it was written", () => {
  const cases: [name: string, value: string | string[], reason: RegExp][] = [
    ["", "1", /must be a token/],
    ["a b", "1", /must be a token/],
    ["a:", "1", /must be a token/],
    ["a\r\nb", "1", /must be a token/],
    ["é", "1", /must be a token/],
    ["a", "é", /printable ASCII/],
    ["a", "1\r\nNats-Msg-Id: 7", /printable ASCII/],
    ["a", "1\n2", /printable ASCII/],
    ["a", "\0", /printable ASCII/],
    ["a", "\t", /printable ASCII/],
    ["a", " 1", /printable ASCII/],
    ["a", "1 ", /printable ASCII/],
    ["a", ["1", " "], /printable ASCII/],
  ];
  for (const [name, value, reason] of cases) {
    assert.throws(() => checkHeaders({ [name]: value }), {
      code: "invalid_argument",
      stage: "pre",
      message: reason,
    });
  }
});

test("checkHeaders() refuses the names of NATS and of this library", () => {
  for (const name of ["Nats-Msg-Id", "nats-x", "NATS-", "Shizuku-Code", "shizuku-x"]) {
    assert.throws(() => checkHeaders({ [name]: "1" }), {
      message: `Cannot send header "${name}" as its name must not be Nats-* or Shizuku-*`,
    });
  }
});
