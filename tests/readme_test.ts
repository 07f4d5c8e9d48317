import assert from "node:assert/strict";
import { test } from "node:test";
import type { Component, RunningApp } from "../src/component/mod.ts";
import { eventually } from "./_support/eventually.ts";
import { bundleTour } from "./_support/tour.ts";
import { startWorld } from "./_support/world.ts";

/** What the tour's `main.ts` has, and the test needs. */
interface Main {
  default: { request(path: string, init?: RequestInit): Promise<Response> };
  app: RunningApp;
  guests: Component<{ visitsOf(name: string): Promise<number> }>;
  nc: { drain(): Promise<void> };
}

test("the README's tour runs as it is written", async () => {
  await using world = await startWorld();
  await using tour = await bundleTour("README.md", {
    server: world.server.url,
    entries: ["main.ts", "client.ts"],
    append: { "main.ts": "export { app, guests, nc };" },
  });
  const { default: http, app, guests, nc } = await tour.load("main.ts") as Main;
  const response = await http.request("/greet.v1.GreetService/greet", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"Ada"}',
  });
  assert.deepEqual([response.status, await response.json()], [200, { text: "Hello, Ada" }]);
  const reply = await world.nc.request("rpc.greet.v1.GreetService.greet", '{"name":"Bo"}', {
    timeout: 30_000,
  });
  assert.equal(reply.string(), '{"text":"Hello, Bo"}');
  await tour.load("client.ts"); // greets Ada once more
  await eventually(async () => {
    const { visitsOf } = app.shared(guests);
    assert.deepEqual([await visitsOf("Ada"), await visitsOf("Bo")], [2, 1]);
  });
  await app.stop();
  await nc.drain();
});
