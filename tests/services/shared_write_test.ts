import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTick } from "../../src/connection/mod.ts";
import { SharedWrite } from "../../src/services/_shared_write.ts";

const nextTick = () => new Promise<void>((resolve) => afterTick(resolve));
/** After everything that follows from what was published until now. */
const later = async () => {
  for (let i = 0; i < 3; i++) await Promise.resolve();
};

test("SharedWrite.join() lets requests that come one by one go at once", async () => {
  const write = new SharedWrite();
  for (let i = 0; i < 3; i++) {
    assert.equal(write.join(), undefined);
    await nextTick();
  }
});

test("SharedWrite.join() lets requests that are made at one go pass together", async () => {
  const write = new SharedWrite();
  for (let i = 0; i < 2; i++) {
    assert.equal(write.join(), undefined);
    assert.equal(write.join(), undefined);
    await nextTick();
  }
});

test("SharedWrite.join() keeps back what comes later within a tick, all until its end", async () => {
  const write = new SharedWrite();
  assert.equal(write.join(), undefined);
  await later();
  const second = write.join();
  assert(second !== undefined);
  assert.equal(write.join(), second);
  await second;
});

test("SharedWrite.join() keeps back the first as well while ticks have several", async () => {
  const write = new SharedWrite();
  write.join();
  await later();
  await write.join();
  const first = write.join();
  assert(first !== undefined);
  await first;
  // That tick had one alone.
  assert.equal(write.join(), undefined);
  await nextTick();
});
