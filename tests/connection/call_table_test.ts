import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CallTable } from "../../src/connection/_call_table.ts";
import { PendingCall } from "../../src/connection/_pending_call.ts";

function pending(deadline = 0): PendingCall {
  return new PendingCall("a", deadline, () => {}, () => {});
}

test("CallTable finds what was added until it is removed, and no number comes twice", () => {
  const steps = fc.array(fc.record({ adds: fc.nat(400), takes: fc.nat(400) }), { maxLength: 12 });
  fc.assert(fc.property(steps, fc.integer(), (rounds, seed) => {
    const table = new CallTable();
    const model = new Map<number, PendingCall>();
    const taken = new Set<number>();
    for (const { adds, takes } of rounds) {
      for (let index = 0; index < adds; index++) {
        const call = pending();
        table.add(call);
        assert.ok(!model.has(call.id) && !taken.has(call.id));
        model.set(call.id, call);
      }
      const ids = [...model.keys()].sort((a, b) => ((a ^ seed) % 97) - ((b ^ seed) % 97));
      for (const id of ids.slice(0, takes)) {
        const call = model.get(id)!;
        assert.equal(table.find(id), call);
        assert.deepEqual([table.delete(call), table.delete(call)], [true, false]);
        assert.equal(table.find(id), undefined);
        model.delete(id);
        taken.add(id);
      }
      assert.equal(table.size, model.size);
      for (const call of model.values()) assert.ok(table.has(call));
    }
  }));
});

test("CallTable.find() finds nothing for a number that was never given", () => {
  const table = new CallTable();
  table.add(pending());
  for (const id of [-1, 0, 2, 257, 2 ** 40, Number.NaN]) assert.equal(table.find(id), undefined);
  assert.equal(table.size, 1);
});

test("CallTable.takeAll() takes by condition, the oldest first", () => {
  const table = new CallTable();
  const calls = Array.from({ length: 1_000 }, (_, index) => pending(index));
  for (const call of calls) table.add(call);
  const taken = table.takeAll((call) => call.deadline < 600);
  assert.deepEqual(taken.map((call) => call.deadline), Array.from({ length: 600 }, (_, i) => i));
  assert.equal(table.size, 400);
  assert.equal(table.earliestDeadline(), 600);
});

test("CallTable.shrink() forgets no number", () => {
  const table = new CallTable();
  const calls = Array.from({ length: 1_000 }, () => pending());
  for (const call of calls) table.add(call);
  table.shrink();
  assert.equal(table.size, 1_000);
  table.takeAll(() => true);
  table.shrink();
  const next = pending();
  table.add(next);
  assert.equal(next.id, 1_001);
});
