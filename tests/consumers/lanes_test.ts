import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Job, Lanes } from "../../src/consumers/_lanes.ts";

interface Work extends Job<Work> {
  id: number;
  key: string | undefined;
}

function start(limit: number, isSync: boolean = false) {
  const running: Work[] = [];
  const begun: number[] = [];
  const lanes = new Lanes<Work>(limit, (job) => {
    begun.push(job.id);
    if (isSync) lanes.done(job);
    else running.push(job);
  });
  return { lanes, running, begun };
}

function jobs(keys: (string | undefined)[]): Work[] {
  return keys.map((key, id) => ({ id, key }));
}

test("Lanes runs keys side by side, and each in its order", () => {
  const { lanes, running, begun } = start(3);
  for (const job of jobs(["a", "a", "b", undefined, "c"])) lanes.add(job, job.key);
  assert.deepEqual(begun, [0, 2, 3]);
  lanes.done(running[0]!);
  assert.deepEqual(begun, [0, 2, 3, 4], "c was ready before the second of a");
  lanes.done(running[1]!);
  assert.deepEqual(begun, [0, 2, 3, 4, 1]);
});

test("Lanes lets others run while the first of a lane is parked", () => {
  const { lanes, running, begun } = start(1);
  const [first, second, other] = jobs(["a", "a", "b"]) as [Work, Work, Work];
  for (const job of [first, second, other]) lanes.add(job, job.key);
  lanes.park(first);
  assert.deepEqual(begun, [0, 2]);
  assert.equal(lanes.parkedJobs, 2);
  lanes.done(other);
  assert.deepEqual(begun, [0, 2], "the second must not overtake the first");
  lanes.unpark(first);
  assert.equal(lanes.parkedJobs, 0);
  lanes.done(running.at(-1)!);
  assert.deepEqual(begun, [0, 2, 0, 1]);
});

test("Lanes gives back what does not run, in the order of each lane", () => {
  const { lanes, begun } = start(2);
  const all = jobs(["a", "a", "a", "b", undefined, "b"]);
  for (const job of all) lanes.add(job, job.key);
  lanes.park(all[3]!);
  assert.deepEqual(begun, [0, 3, 4]);
  const taken = lanes.takeWaiting().map(({ id }) => id);
  assert.deepEqual(taken.filter((id) => [1, 2].includes(id)), [1, 2]);
  assert.deepEqual(taken.filter((id) => [3, 5].includes(id)), [3, 5]);
  assert.equal(taken.length, 4);
  lanes.unpark(all[3]!);
  lanes.done(all[0]!);
  lanes.done(all[4]!);
  assert.deepEqual(begun, [0, 3, 4], "what was taken has no turn any more");
  assert.deepEqual([lanes.size, lanes.running, lanes.parkedJobs], [0, 0, 0]);
});

test("Lanes needs no stack for jobs that end at once", () => {
  const { lanes, begun } = start(1, true);
  for (const job of jobs(Array.from({ length: 50_000 }, (_, id) => `${id % 7}`))) {
    lanes.add(job, job.key);
  }
  assert.equal(begun.length, 50_000);
  assert.equal(lanes.size, 0);
});

test("Lanes keeps the order of each key, whatever ends or is parked when", () => {
  const step = fc.oneof(
    fc.record({ add: fc.constantFrom("a", "b", "c", undefined) }),
    fc.record({ done: fc.nat() }),
    fc.record({ park: fc.nat() }),
    fc.record({ unpark: fc.nat() }),
  );
  fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step), (limit, steps) => {
    const { lanes, running } = start(limit);
    const parked: Work[] = [];
    const ended: Work[] = [];
    let added = 0;
    for (const each of steps) {
      const pick = (from: Work[], index: number) => from.splice(index % from.length, 1)[0]!;
      if ("add" in each) {
        const job = { id: added++, key: each.add };
        lanes.add(job, job.key);
      } else if ("done" in each && running.length > 0) {
        const job = pick(running, each.done);
        ended.push(job);
        lanes.done(job);
      } else if ("park" in each && running.length > 0) {
        const job = pick(running, each.park);
        parked.push(job);
        lanes.park(job);
      } else if ("unpark" in each && parked.length > 0) lanes.unpark(pick(parked, each.unpark));
      assert.ok(lanes.running <= limit);
    }
    while (running.length + parked.length > 0) {
      for (const job of parked.splice(0)) lanes.unpark(job);
      const job = running.shift()!;
      ended.push(job);
      lanes.done(job);
    }
    assert.equal(ended.length, added, "none is forgotten");
    for (const key of ["a", "b", "c"]) {
      const ids = ended.filter((job) => job.key === key).map(({ id }) => id);
      assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
    }
    assert.deepEqual([lanes.size, lanes.running, lanes.parkedJobs], [0, 0, 0]);
  }));
});
