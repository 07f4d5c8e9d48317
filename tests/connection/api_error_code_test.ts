import assert from "node:assert/strict";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { apiErrorCode, JetStreamError } from "../../src/connection/mod.ts";
import { startWorld } from "../_support/world.ts";

test("apiErrorCode() knows the errors of JetStream, and no others", async () => {
  await using world = await startWorld();
  const { streams, consumers } = await jetstreamManager(world.nc);
  const thrownBy = (action: () => Promise<unknown>) => action().then(() => {}, (error) => error);
  await streams.add({ name: "flights", subjects: ["flights.>"] });
  const cases: [unknown, number | undefined][] = [
    [await thrownBy(() => streams.info("none")), 10059],
    [await thrownBy(() => consumers.info("flights", "none")), 10014],
    [await thrownBy(() => streams.add({ name: "other", subjects: ["flights.>"] })), 10065],
    [new JetStreamError(10071, 400, "wrong last sequence"), 10071],
    [new DOMException("", "AbortError"), undefined],
    [Object.assign(new Error(), { code: 7 }), undefined],
    [{ name: "JetStreamApiError", code: "7" }, undefined],
    [undefined, undefined],
    [null, undefined],
    ["10059", undefined],
  ];
  for (const [thrown, code] of cases) assert.equal(apiErrorCode(thrown), code, `${thrown}`);
});
