import assert from "node:assert/strict";
import { test } from "node:test";
import { checkHistory, type Fault, type Verdict } from "./locks/_check_history.ts";
import type { HistoryEvent } from "./locks/_history.ts";

/** `0.0.1 write 10-20 #5`: asked at 0, granted at 10 with fence 5, believed in until 20, released. */
function use(text: string, outcome: "released" | "lost" = "released"): HistoryEvent[] {
  const [, id, mode, from, to, fence] = /^(\S+) (\w+) (\d+)-(\d+) #(\d+)$/.exec(text)!;
  const [start, end] = [Number(from), Number(to)];
  return [
    ["invoke", id!, 0, mode as "read" | "write"],
    ["granted", id!, start, Number(fence)],
    outcome === "released"
      ? ["released", id!, end + 1, end]
      : ["lost", id!, end + 1, end, "it could not be renewed"],
  ];
}

function check(events: HistoryEvent[][], faults: Fault[] = []): Verdict {
  return checkHistory({ events: events.flat(), faults, ttlMs: 1_000 });
}

const CASES: [name: string, uses: string[], found: Partial<Verdict>][] = [
  ["nothing wrong", ["0.0.1 write 1-5 #1", "1.0.1 read 6-9 #2", "2.0.1 read 6-9 #2"], {}],
  ["two writers", ["0.0.1 write 1-5 #1", "1.0.1 write 4-8 #2"], {
    overlaps: ["0.0.1 write and 1.0.1 write for 1.000 ms"],
  }],
  ["a reader beside a writer", ["0.0.1 write 1-5 #1", "1.0.1 read 3-4 #2"], {
    overlaps: ["0.0.1 write and 1.0.1 read for 2.000 ms"],
  }],
  [
    "a writer beside the longest of readers",
    ["0.0.1 read 1-9 #1", "1.0.1 read 2-3 #2", "2.0.1 write 5-6 #3"],
    { overlaps: ["0.0.1 read and 2.0.1 write for 4.000 ms"] },
  ],
  ["the same fence", ["0.0.1 write 1-2 #7", "1.0.1 write 3-4 #7"], {
    disorder: ["1.0.1 write has fence 7 after 7"],
  }],
  ["readers in any order", ["0.0.1 read 1-2 #7", "1.0.1 read 3-4 #6", "2.0.1 write 5-6 #8"], {}],
  ["a writer with a fence before a reader's", ["0.0.1 read 1-2 #7", "1.0.1 write 3-4 #6"], {
    disorder: ["1.0.1 write has fence 6 after 7"],
  }],
];

for (const [name, uses, found] of CASES) {
  test(`checkHistory(): ${name}`, () => {
    const { requests: _, granted: _granted, ...seen } = check(uses.map((text) => use(text)));
    const nothing = {
      overlaps: [],
      disorder: [],
      stuck: [],
      falseLosses: [],
      crashes: [],
      late: [],
      idle: [],
    };
    assert.deepEqual(seen, { ...nothing, ...found });
  });
}

test("checkHistory(): a request without an outcome is stuck, unless its process was killed", () => {
  const asked: HistoryEvent = ["invoke", "0.0.1", 1, "write"];
  assert.deepEqual(check([[asked]]).stuck, []);
  assert.deepEqual(check([[asked, ["ended", "0.0", 9]]]).stuck, ["0.0.1 write asked"]);
  assert.deepEqual(check([[asked, ["canceled", "0.0.1", 2, "x"], ["ended", "0.0", 9]]]).stuck, []);
});

test("checkHistory(): a loss is false unless something was wrong shortly before", () => {
  const lost = use("0.0.1 write 5000-5001 #1", "lost");
  const fault = { at: 4_000, until: 4_500, what: "SIGSTOP", target: "0.0", isServer: false };
  assert.equal(check([lost]).falseLosses.length, 1);
  assert.equal(check([lost], [fault]).falseLosses.length, 0);
  assert.equal(check([lost], [{ ...fault, target: "1.0" }]).falseLosses.length, 1);
  assert.equal(check([lost], [{ ...fault, target: "n1", isServer: true }]).falseLosses.length, 0);
  assert.equal(check([lost], [{ ...fault, at: 0, until: 10 }]).falseLosses.length, 1);
  assert.equal(check([lost, [["clock", "0.0", 4_000, "jump"]]]).falseLosses.length, 0);
});

test("checkHistory(): a loss is not false where the machine took a quarter of the lease", () => {
  const lost = use("0.0.1 write 5000-5001 #1", "lost");
  const slow = (at: number, ms: number, id = "0.0"): HistoryEvent => ["slow", id, at, ms];
  const falseLosses = (...events: HistoryEvent[]) => check([lost, events]).falseLosses.length;
  assert.equal(falseLosses(slow(4_900, 260)), 0);
  assert.equal(falseLosses(slow(4_500, 130), slow(4_900, 130)), 0);
  // Too little, another's, long ago, and only its end lies within the lease.
  assert.equal(falseLosses(slow(4_900, 200)), 1);
  assert.equal(falseLosses(slow(4_900, 260, "1.0")), 1);
  assert.equal(falseLosses(slow(3_900, 900)), 1);
  assert.equal(falseLosses(slow(4_100, 900)), 1);
});

test("checkHistory(): who is taken for dead must have been silent for longer", () => {
  const held = use("0.0.1 write 5000-5001 #1").slice(0, 2);
  const taken: HistoryEvent = ["lost", "0.0.1", 5_002, 5_001, "another process took it for dead"];
  const falseLosses = (ms: number) =>
    check([held, [taken, ["slow", "0.0", 4_900, ms]]]).falseLosses.length;
  assert.equal(falseLosses(450), 1);
  assert.equal(falseLosses(600), 0);
});

test("checkHistory(): a grant is late after a crash unless something else was wrong", () => {
  const held: HistoryEvent[] = [
    ["invoke", "0.0.1", 0, "write"],
    ["granted", "0.0.1", 10, 1],
    ["invoke", "1.0.1", 20, "write"],
  ];
  const crash = { at: 100, until: 110, what: "SIGKILL", target: "0.0", isServer: false };
  const leader = { at: 1_500, until: 2_500, what: "SIGKILL", target: "n1", isServer: true };
  const verdict = (grantedAt: number, ...faults: Fault[]) =>
    check([held, [["granted", "1.0.1", grantedAt, 2]]], [crash, ...faults]);
  assert.deepEqual(verdict(2_050).late, []);
  assert.deepEqual(verdict(2_150).late, ["granted 2050 ms after a crash, of which 0 disturbed"]);
  assert.deepEqual(verdict(2_950, leader).late, []);
  assert.deepEqual(verdict(2_950, leader).crashes, [{ ms: 2_850, disturbedMs: 1_000 }]);
  assert.equal(verdict(3_150, leader).late.length, 1);
  const slow: HistoryEvent = ["slow", "1.0", 2_000, 500];
  const found = check([held, [slow, ["granted", "1.0.1", 2_550, 2]]], [crash]);
  assert.deepEqual([found.crashes, found.late], [[{ ms: 2_450, disturbedMs: 500 }], []]);
  // What goes on side by side counts once.
  const frozen = { at: 2_000, until: 2_600, what: "SIGSTOP", target: "2.0", isServer: false };
  assert.deepEqual(verdict(2_950, frozen, leader).crashes, [{ ms: 2_850, disturbedMs: 1_100 }]);
});

test("checkHistory(): nobody holds while somebody waits for more than a lease", () => {
  const uses = [use("0.0.1 write 1-5 #1"), use("1.0.1 write 2000-2001 #2")];
  assert.deepEqual(check(uses).idle, ["nobody held for 1994 ms"]);
  const fault = { at: 4, until: 4, what: "SIGKILL", target: "0.0", isServer: false };
  assert.deepEqual(check(uses, [fault]).idle, []);
  // The time that a machine took which was too slow does not count.
  const slow = (ms: number): HistoryEvent => ["slow", "2.0", 1_900, ms];
  assert.deepEqual(check([...uses, [slow(1_000)]]).idle, []);
  assert.deepEqual(check([...uses, [slow(900)]]).idle, ["nobody held for 1994 ms"]);
});
