import assert from "node:assert/strict";
import { test } from "node:test";
import { timeoutOfReply } from "../../src/services/_served_wire.ts";
import { timeoutToken } from "../../src/services/wire.ts";

test("timeoutOfReply() reads what timeoutToken() writes, and nothing else", () => {
  for (const timeoutMs of [1, 42, 5_000, 4_294_967_295]) {
    assert.equal(timeoutOfReply(`_INBOX.a.${timeoutToken(timeoutMs)}`), timeoutMs);
  }
  assert.equal(timeoutToken(0.2), "=1");
  const others = [
    "",
    "=",
    "=5",
    ".=5",
    "_INBOX.a.b",
    "_INBOX.a.=",
    "_INBOX.a=5",
    "_INBOX.a.5",
    "_INBOX.a.=5x",
    "_INBOX.a.=-5",
    "_INBOX.a.=12345678901",
    "_INBOX.=5.a",
  ];
  const read = others.map(timeoutOfReply);
  assert.deepEqual(read, others.map((reply) => reply === ".=5" ? 5 : undefined));
});
