import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FREE_LOCK,
  type LockDocument,
  type LockMode,
  type LockOperation,
  step,
} from "../../src/kv/mod.ts";

/** Every claim is of a session with the same name. */
function join(ticket: string, mode: LockMode, wait?: boolean): LockOperation {
  return {
    type: "join",
    ticket,
    session: ticket,
    mode,
    ttlMs: 1000,
    ...(wait !== undefined && { wait }),
  };
}

function leave(ticket: string): LockOperation {
  return { type: "leave", ticket };
}

function evict(session: string): LockOperation {
  return { type: "evict", session };
}

/** `held | waiting`. */
function sketch({ h, q }: LockDocument): string {
  const names = (tickets: LockDocument["h"]) => tickets.map(([ticket]) => ticket).join(" ");
  return `${names(h)} | ${names(q)}`;
}

const [r1, r2, r3] = [join("r1", "read"), join("r2", "read"), join("r3", "read")];
const [w1, w2] = [join("w1", "write"), join("w2", "write")];

const CASES: [name: string, operations: LockOperation[][], expected: string][] = [
  ["a writer has it alone", [[w1], [w2], [r1]], "w1 | w2 r1"],
  ["readers share", [[r1], [r2], [r3]], "r1 r2 r3 | "],
  ["a reader holds back a writer", [[r1], [w1]], "r1 | w1"],
  ["a waiting writer holds back later readers", [[r1], [w1], [r2]], "r1 | w1 r2"],
  ["first come, first served", [[w1], [w2], [r1], [r2], [leave("w1")]], "w2 | r1 r2"],
  [
    "readers behind a writer are granted together",
    [[w1], [r1], [r2], [w2], [leave("w1")]],
    "r1 r2 | w2",
  ],
  ["the last reader lets the writer in", [[r1], [r2], [w1], [leave("r1")]], "r2 | w1"],
  [
    "the last reader lets the writer in (2)",
    [[r1], [r2], [w1], [leave("r1")], [leave("r2")]],
    "w1 | ",
  ],
  ["a waiting writer that leaves lets readers in", [[r1], [w1], [r2], [leave("w1")]], "r1 r2 | "],
  ["an evicted holder makes room", [[w1], [w2], [r1], [evict("w1")]], "w2 | r1"],
  ["an evicted waiter makes room", [[r1], [w1], [r2], [evict("w1")]], "r1 r2 | "],
  ["all of one write are applied, then granted", [[w1], [r1, leave("w1"), w2]], "r1 | w2"],
  ["a join is done once", [[r1], [r1], [w1], [w1, r1]], "r1 | w1"],
  ["a leave is done once", [[w1], [leave("w1")], [leave("w1")]], " | "],
  ["a join that does not wait is granted", [[r1], [join("r2", "read", false)]], "r1 r2 | "],
  ["a join that does not wait is dropped", [[r1], [join("w1", "write", false)]], "r1 | "],
  ["a dropped join holds back nobody", [[r1], [join("w1", "write", false), r2]], "r1 r2 | "],
];

for (const [name, writes, expected] of CASES) {
  test(`step(): ${name}`, () => {
    const document = writes.reduce<LockDocument>(step, FREE_LOCK);
    assert.equal(sketch(document), expected);
  });
}

test("step() forgets sessions that have no claim", () => {
  const document = step(FREE_LOCK, [w1, r1]);
  assert.deepEqual(Object.keys(document.s), ["w1", "r1"]);
  assert.deepEqual(Object.keys(step(document, [leave("w1")]).s), ["r1"]);
  assert.deepEqual(step(document, [leave("w1"), evict("r1")]), FREE_LOCK);
});

test("step() evicts all claims of a session", () => {
  const of = (ticket: string, mode: LockMode): LockOperation => {
    return { type: "join", ticket, session: "s", mode, ttlMs: 1000 };
  };
  const document = step(FREE_LOCK, [of("1", "read"), of("2", "read"), r1, of("3", "write")]);
  assert.equal(sketch(document), "1 2 r1 | 3");
  assert.equal(sketch(step(document, [evict("s")])), "r1 | ");
});

test("step() keeps the longest lease, and the last heartbeat, of a session", () => {
  const of = (ticket: string, ttlMs: number): LockOperation => {
    return { type: "join", ticket, session: "s", mode: "read", ttlMs };
  };
  const beat: LockOperation = { type: "heartbeat", session: "s", beat: 7 };
  const document = step(FREE_LOCK, [of("1", 500), of("2", 900), of("3", 100), beat]);
  assert.deepEqual(document.s, { s: [7, 900, ""] });
  assert.deepEqual(step(FREE_LOCK, [beat]), FREE_LOCK);
});

test("step() keeps the owner, and leaves its input as it was", () => {
  const before = step(FREE_LOCK, [w1]);
  const copy = structuredClone(before);
  const after = step(before, [{ ...join("w2", "write"), owner: "Ada" } as LockOperation]);
  assert.deepEqual(after.q, [["w2", "w2", "write", 0, "Ada"]]);
  assert.deepEqual(before, copy);
});
