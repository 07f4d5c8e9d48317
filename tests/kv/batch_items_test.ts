import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchItems } from "../../src/kv/_batch_items.ts";
import { WatchProgress } from "../../src/kv/_watch_progress.ts";

/** Gives some batches, then waits until it is told to end. */
function items(
  batches: readonly (readonly number[])[],
  options: { signal?: AbortSignal; toItem?: (raw: number) => number | undefined } = {},
) {
  const log: string[] = [];
  const list = new BatchItems<readonly number[], number, number>({
    signal: options.signal,
    async *start(signal) {
      log.push("started");
      try {
        for (const batch of batches) yield batch;
        if (signal.aborted) return;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      } finally {
        log.push("ended");
      }
    },
    split: (batch) => batch,
    toItem: options.toItem ?? ((raw) => raw),
  });
  return { list, log };
}

test("BatchItems gives items in order, also to who asks for several at once", async () => {
  const { list, log } = items([[1, 2], [], [3], [4, 5]]);
  assert.deepEqual(log, []);
  const asked = [1, 2, 3, 4, 5].map(() => list.next());
  const results = await Promise.all(asked);
  assert.deepEqual(results.map(({ value }) => value), [1, 2, 3, 4, 5]);
  await list.return();
  assert.deepEqual(log, ["started", "ended"]);
  assert.deepEqual(await list.next(), { value: undefined, done: true });
});

test("BatchItems ends for who waits, by return() and by the signal", async () => {
  const controller = new AbortController();
  for (const end of ["return", "abort"] as const) {
    const { list, log } = items([[1]], { signal: controller.signal });
    await list.next();
    const waiting = list.next();
    if (end === "return") await list.return();
    else controller.abort();
    assert.deepEqual(await waiting, { value: undefined, done: true });
    assert.deepEqual(log, ["started", "ended"]);
  }
  const { list, log } = items([[1]], { signal: controller.signal });
  assert.equal((await list.next()).done, true);
  assert.deepEqual(log, ["started", "ended"]);
});

test("BatchItems gives nothing more after the signal, and leaves out what is no item", async () => {
  const controller = new AbortController();
  const toItem = (raw: number) => raw % 2 === 0 ? raw : undefined;
  const { list } = items([[1, 2, 3, 4, 6]], { signal: controller.signal, toItem });
  const seen: number[] = [];
  for await (const item of list) {
    if (seen.push(item) === 2) controller.abort();
  }
  assert.deepEqual(seen, [2, 4]);
});

test("BatchItems ends with what toItem throws, and ends its source", async () => {
  for (const at of [1, 2]) {
    const error = new Error("no item");
    const toItem = (raw: number) => {
      if (raw === at) throw error;
      return raw;
    };
    const { list, log } = items([[1, 2, 3]], { toItem });
    for (let index = 1; index < at; index++) assert.equal((await list.next()).value, index);
    await assert.rejects(list.next(), error);
    assert.deepEqual(log, ["started", "ended"]);
    assert.equal((await list.next()).done, true);
  }
});

test("WatchProgress: where a consumer starts, and what it takes", () => {
  const created = new Date(0);
  const progress = new WatchProgress(undefined, created);
  assert.equal(progress.startAt(1), undefined);
  assert.equal(progress.take(5, 50, 3), "new");
  // In a snapshot with a history, the last of each subject are asked for once more.
  assert.deepEqual([progress.startAt(1), progress.startAt(2)], [5, undefined]);
  assert.equal(progress.completeTo, 0);
  progress.isReady = true;
  assert.deepEqual([progress.startAt(2), progress.completeTo], [5, 5]);
  assert.deepEqual([progress.take(4, 1, 0), progress.take(5, 50, 0)], ["known", "known"]);
  assert.equal(progress.take(5, 51, 0), "foreign");
  progress.idleAt(9);
  assert.deepEqual([progress.startAt(2), progress.completeTo], [5, 9]);
  progress.reset();
  assert.deepEqual([progress.startAt(1), progress.completeTo, progress.isReset], [
    undefined,
    0,
    true,
  ]);

  const resumed = new WatchProgress(0, created);
  assert.deepEqual([resumed.startAt(5), new WatchProgress(7, created).startAt(5)], [1, 8]);
});
