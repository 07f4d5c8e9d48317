import assert from "node:assert/strict";
import { test } from "node:test";
import { DisconnectSignal, DisconnectWatch } from "../../src/hono/_disconnect_watch.ts";
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

/** The signal of a call that somebody has asked for. */
function start(caller: CountingCaller, watch: DisconnectWatch = new DisconnectWatch()) {
  const call = new DisconnectSignal(caller, watch);
  assert.equal(call.signal.aborted, false);
  return call;
}

test("DisconnectSignal watches nobody unless it is asked for", async () => {
  const watch = new DisconnectWatch();
  const [silent, asked] = [new CountingCaller(), new CountingCaller()];
  using _silent = new DisconnectSignal(silent, watch);
  using _asked = start(asked, watch);
  await eventually(() => assert.equal(asked.touched, 1));
  assert.equal(silent.touched, 0);
});

test("DisconnectWatch leaves callers alone whose calls end soon", async () => {
  const watch = new DisconnectWatch();
  const [quick, slow] = [new CountingCaller(), new CountingCaller()];
  start(quick, watch)[Symbol.dispose]();
  using _call = start(slow, watch);
  await eventually(() => assert.equal(slow.touched, 1));
  assert.equal(quick.touched, 0);
});

test("DisconnectWatch aborts with the reason of the caller", async () => {
  const caller = new CountingCaller();
  using call = start(caller);
  await eventually(() => assert.equal(caller.touched, 1));
  caller.controller.abort("gone");
  assert.equal(call.signal.reason, "gone");
});

test("DisconnectWatch aborts if the caller went away before it looked", async () => {
  const caller = new CountingCaller();
  using call = start(caller);
  caller.controller.abort("gone");
  await eventually(() => assert.equal(call.signal.reason, "gone"));
});

test("DisconnectWatch does not abort once the call is over", async () => {
  const caller = new CountingCaller();
  const call = start(caller);
  await eventually(() => assert.equal(caller.touched, 1));
  call[Symbol.dispose]();
  caller.controller.abort("answered");
  assert.equal(call.signal.aborted, false);
});

test("DisconnectWatch looks again at calls that start after a look", async () => {
  const watch = new DisconnectWatch();
  for (const caller of [new CountingCaller(), new CountingCaller()]) {
    using _call = start(caller, watch);
    await eventually(() => assert.equal(caller.touched, 1));
  }
});
