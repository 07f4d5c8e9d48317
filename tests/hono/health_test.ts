import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { health, type HealthSource } from "../../src/hono/mod.ts";

const sources: [string, HealthSource, number, unknown][] = [
  ["ok", { health: () => ({ ok: true, reasons: [] }) }, 200, { status: "ok", reasons: [] }],
  [
    "not ok",
    { health: () => Promise.resolve({ ok: false, reasons: ["Not connected"] }) },
    503,
    { status: "unavailable", reasons: ["Not connected"] },
  ],
  [
    "throws",
    { health: () => Promise.reject(new Error("password=hunter2")) },
    503,
    { status: "unavailable", reasons: ["Cannot tell the health"] },
  ],
];

test("health() answers /readyz with what its source tells", async (t) => {
  for (const [name, source, status, body] of sources) {
    await t.test(name, async () => {
      const response = await new Hono().route("/ops", health(source)).request("/ops/readyz");
      assert.equal(response.status, status);
      assert.equal(response.headers.get("Cache-Control"), "no-store");
      assert.deepEqual(await response.json(), body);
    });
  }
});

test("health() answers /healthz as long as the process lives", async () => {
  for (const [, source] of sources) {
    const response = await health(source).request("/healthz");
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status: "ok", reasons: [] });
  }
});

test("health() answers on other paths if told so", async () => {
  const app = health(sources[1]![1], { livePath: "/live", readyPath: "/ready" });
  assert.equal((await app.request("/live")).status, 200);
  assert.equal((await app.request("/ready")).status, 503);
  assert.equal((await app.request("/readyz")).status, 404);
});

test("health() keeps the object of its source", async () => {
  class Broker {
    #reasons = ["Leader lost"];
    health() {
      return { ok: false, reasons: this.#reasons };
    }
  }
  const response = await health(new Broker()).request("/readyz");
  assert.deepEqual((await response.json()).reasons, ["Leader lost"]);
});

test("health() answers /healthz with what its source tells of its life", async () => {
  const reasons = ["The connection is closed"];
  const source: HealthSource = {
    health: () => ({ ok: false, reasons: [] }),
    liveness: () => ({ ok: false, reasons }),
  };
  const response = await health(source).request("/healthz");
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { status: "unavailable", reasons });
});
