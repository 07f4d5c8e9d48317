import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownEntries } from "../../src/kv/_known_entries.ts";
import { json } from "../../src/core/mod.ts";
import { type Entity, entity, openBucket } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { startWorld, type World } from "../_support/world.ts";

type Numbers = Entity<"number.{id}", number>;

const A = { id: "a" };
const B = { id: "b" };
const C = { id: "c" };

async function openNumbers(nc: World["nc"]): Promise<Numbers> {
  return entity(await openBucket(nc, "numbers"), { key: "number.{id}", codec: json<number>() });
}

/** Changes three keys, which then have the revisions 1, 2 and 3. */
async function changeThree(numbers: Numbers): Promise<void> {
  for (const key of [A, B, C]) await numbers.modify(key, (found = 0) => found + 1);
}

test("Entity.modify() forgets what it knew of a bucket that turned out to be gone", async () => {
  await using world = await startWorld();
  const ours = await openNumbers(world.nc);
  await changeThree(ours);
  const other = await world.connect();
  await (await openNumbers(other)).bucket.destroy();
  await assert.rejects(ours.modify(A, () => 9), { code: "not_found" });
  const theirs = await openNumbers(other);
  for (const key of [A, B, C]) await theirs.put(key, 100);
  assert.equal((await ours.modify(B, (found = 0) => found + 1))?.value, 101);
});

test("Entity.modify() forgets what it knew of a bucket whose revisions have gone back", async () => {
  await using world = await startWorld();
  const ours = await openNumbers(world.nc);
  await changeThree(ours);
  const other = await world.connect();
  await (await openNumbers(other)).bucket.destroy();
  const theirs = await openNumbers(other);
  await theirs.put(A, 100);
  assert.equal((await ours.modify({ id: "d" }, (found = 0) => found + 1))?.revision, 2);
  assert.equal((await ours.modify(A, (found = 0) => found + 1))?.value, 101);
});

test("Entity.modify() forgets what it knew of a bucket that it has removed itself", async () => {
  await using world = await startWorld();
  const ours = await openNumbers(world.nc);
  await changeThree(ours);
  await ours.bucket.destroy();
  const theirs = await openNumbers(world.nc);
  for (const key of [A, B, C]) await theirs.put(key, 100);
  for (const numbers of [ours, theirs]) {
    const { value } = (await numbers.modify(B, (found = 0) => found + 1))!;
    assert.equal(value, numbers === ours ? 101 : 102);
  }
});

test("KnownEntries knows nothing for long, and nothing after a revision that goes back", async () => {
  const entry = (revision: number) =>
    ({ revision, value: new Uint8Array(), operation: "put" }) as const;
  // Anew if the machine stalls meanwhile.
  const known = await eventually(() => {
    const known = new KnownEntries();
    known.set("a", entry(5));
    known.set("b", entry(6));
    assert.deepEqual([known.get("a")?.revision, known.get("b")?.revision], [5, 6]);
    known.refresh("a", new Uint8Array(), 4, "put");
    assert.deepEqual([known.get("a")?.revision, known.get("b")?.revision], [5, 6]);
    known.set("c", entry(2));
    assert.deepEqual([known.get("a"), known.get("b"), known.get("c")?.revision], [
      undefined,
      undefined,
      2,
    ]);
    return known;
  });
  await eventually(() => assert.equal(known.get("c"), undefined));
});
