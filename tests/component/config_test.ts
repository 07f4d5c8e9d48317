import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { type ConfigSource, readConfig } from "../../src/component/component_config.ts";
import { createApp, defineComponent } from "../../src/component/mod.ts";
import { startWorld } from "../_support/world.ts";

const late = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: unknown) => Promise.resolve({ value: { late: value } }),
  },
} as const;

const good: [name: string, source: ConfigSource | undefined, given: unknown, value: unknown][] = [
  ["none", undefined, undefined, undefined],
  ["defaults", { most: 5, name: "a" }, undefined, { most: 5, name: "a" }],
  ["some of them", { most: 5, name: "a" }, { most: 7 }, { most: 7, name: "a" }],
  ["undefined is the default", { most: 5 }, { most: undefined }, { most: 5 }],
  ["a validator", z.object({ most: z.number().default(5) }), {}, { most: 5 }],
  ["a validator without settings", z.object({ most: z.number().default(5) }), undefined, {
    most: 5,
  }],
  ["what a validator makes", z.object({ most: z.coerce.number() }), { most: "7" }, { most: 7 }],
  ["a validator that answers later", late, { a: 1 }, { late: { a: 1 } }],
];

test("readConfig() gives settings with their defaults", async (t) => {
  for (const [name, source, given, value] of good) {
    await t.test(name, async () => assert.deepEqual(await readConfig("a", source, given), value));
  }
});

const bad: [name: string, source: ConfigSource | undefined, given: unknown, message: string][] = [
  [
    "no settings",
    undefined,
    { most: 1 },
    "Cannot configure component a as it has no settings: given are most",
  ],
  [
    "unknown",
    { most: 5 },
    { least: 1 },
    "Cannot configure component a as it has no setting least: there are most",
  ],
  [
    "another type",
    { most: 5 },
    { most: "7" },
    "Cannot configure component a as most must be of type number: current type is string",
  ],
  [
    "an array",
    { names: ["a"] },
    { names: {} },
    "Cannot configure component a as names must be of type array: current type is object",
  ],
];

test("readConfig() names the component and the setting that is wrong", async (t) => {
  for (const [name, source, given, message] of bad) {
    await t.test(
      name,
      () => assert.rejects(readConfig("a", source, given), { name: "TypeError", message }),
    );
  }
  const source = z.object({ deep: z.object({ most: z.number() }) });
  await assert.rejects(readConfig("a", source, { deep: { most: "7" } }), {
    name: "TypeError",
    message: /^Cannot configure component a as its settings must be valid: deep\.most: /,
  });
});

test("createApp() refuses settings that are not valid before anything starts", async () => {
  await using world = await startWorld();
  const log: string[] = [];
  const first = defineComponent({
    name: "first",
    version: "1.0.0",
    setup: () => {
      log.push("first");
      return {};
    },
  });
  const second = defineComponent({
    name: "second",
    version: "1.0.0",
    config: z.object({ most: z.number().max(10) }),
    setup: ({ config }) => ({ shared: { most: config.most } }),
  });
  const options = { nc: world.nc, components: [first, second] } as const;
  await assert.rejects(createApp({ ...options, config: { second: { most: 11 } } }).start(), {
    message: /^Cannot configure component second as its settings must be valid: most: /,
  });
  assert.deepEqual(log, []);
  await using app = await createApp({ ...options, config: { second: { most: 7 } } }).start();
  assert.equal(app.shared(second).most, 7);
});
