import assert from "node:assert/strict";
import { test } from "node:test";
import { soakFlights, type SoakOptions, type SoakReport } from "./flights_soak.ts";

async function assertNothingIsLost(options: SoakOptions): Promise<SoakReport> {
  const report = await soakFlights(options);
  const { published, stored, effects, missing, extra, dead, violations } = report;
  assert.deepEqual({ published, stored, effects, missing, extra, dead, violations }, {
    published: options.events,
    stored: options.events,
    effects: options.events,
    missing: 0,
    extra: 0,
    dead: 0,
    violations: [],
  });
  return report;
}

test("hooks lose nothing while workers and the server are killed", async () => {
  const report = await assertNothingIsLost({
    events: 3_000,
    workers: 2,
    killEveryMs: 1_000,
    serverKills: 1,
    servers: 1,
    ackWaitMs: 2_000,
  });
  assert.equal(report.serverKills, 1);
});

test("hooks lose nothing while the leader of their stream is killed", async () => {
  const report = await assertNothingIsLost({
    events: 2_000,
    workers: 2,
    killEveryMs: 2_000,
    serverKills: 1,
    servers: 3,
    ackWaitMs: 3_000,
  });
  assert.equal(report.serverKills, 1);
});
