import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { startParticipant } from "../../bench/frame/participant.ts";
import { startNatsServer } from "../../src/dev/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { spawnScript } from "../_support/spawn_script.ts";

const SCRIPT = new URL("./idle_participant_process.ts", import.meta.url);

test("startParticipant(): a process does what it is asked, and tells its errors", async () => {
  await using server = await startNatsServer({ jetstream: false, onProgress: () => {} });
  await using participant = await startParticipant(SCRIPT, server.url);
  assert.equal(await participant.ask("double", 21), 42);
  assert.ok(await participant.cpuMicros() > 0);
  const load = await participant.load("add", { inFlight: 4, turnMs: 20 });
  assert.ok(load.calls > 0);
  assert.ok(load.p50Ms <= load.p99Ms);
  await assert.rejects(participant.ask("fail", null), /as it should/);
  await assert.rejects(participant.ask("fly", null), /Cannot do fly: unknown/);
  await assert.rejects(participant.load("sub", { inFlight: 1, turnMs: 1 }), /Cannot call sub/);
});

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  test(`participate(): a process ends when its bench is ended by ${signal}`, async () => {
    await using bench = spawnScript(new URL("./bench_process.ts", import.meta.url));
    const port = Number((await bench.line(/^port /)).slice("port ".length));
    assert.ok(await isOpen(port));
    bench.kill(signal);
    await bench.exited;
    await eventually(async () => assert.ok(!await isOpen(port)), { timeoutMs: 30_000 });
  });
}

/** Whether somebody listens there. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
