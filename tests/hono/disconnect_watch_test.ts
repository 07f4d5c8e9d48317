import assert from "node:assert/strict";
import { test } from "node:test";
import { DisconnectWatch } from "../../src/hono/_disconnect_watch.ts";
import { eventually } from "../_support/eventually.ts";

/** A caller that counts how often its signal is touched. */
class CountingCaller {
  readonly controller = new AbortController();
  touched = 0;

  get signal(): AbortSignal {
    this.touched++;
    return this.controller.signal;
  }
}

test("DisconnectWatch leaves callers alone whose calls end soon", async () => {
  const watch = new DisconnectWatch();
  const [quick, slow] = [new CountingCaller(), new CountingCaller()];
  watch.start(quick)[Symbol.dispose]();
  using _call = watch.start(slow);
  await eventually(() => assert.equal(slow.touched, 1));
  assert.equal(quick.touched, 0);
});

test("DisconnectWatch aborts with the reason of the caller", async () => {
  const caller = new CountingCaller();
  using call = new DisconnectWatch().start(caller);
  await eventually(() => assert.equal(caller.touched, 1));
  caller.controller.abort("gone");
  assert.equal(call.signal.reason, "gone");
});

test("DisconnectWatch aborts if the caller went away before it looked", async () => {
  const caller = new CountingCaller();
  using call = new DisconnectWatch().start(caller);
  caller.controller.abort("gone");
  await eventually(() => assert.equal(call.signal.reason, "gone"));
});

test("DisconnectWatch does not abort once the call is over", async () => {
  const caller = new CountingCaller();
  const call = new DisconnectWatch().start(caller);
  await eventually(() => assert.equal(caller.touched, 1));
  call[Symbol.dispose]();
  caller.controller.abort("answered");
  assert.equal(call.signal.aborted, false);
});

test("DisconnectWatch looks again at calls that start after a look", async () => {
  const watch = new DisconnectWatch();
  for (const caller of [new CountingCaller(), new CountingCaller()]) {
    using _call = watch.start(caller);
    await eventually(() => assert.equal(caller.touched, 1));
  }
});
