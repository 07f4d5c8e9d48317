import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnyComponent,
  type Connection,
  createApp,
  defineComponent,
  hookOn,
} from "../../src/component/mod.ts";
import { defineEvent, defineHook } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { defineService } from "../../src/services/mod.ts";
import { startWorld } from "../_support/world.ts";

/** Nothing is asked of a connection before an application starts. */
const nc = { request() {}, publish() {} } as unknown as Connection;
const version = "1.0.0";
const event = (subject: string) =>
  defineEvent(json<Record<string, string>>(), { subject: subject as never });
const publishing = (name: string, ...subjects: string[]): AnyComponent =>
  defineComponent({
    name,
    version,
    events: Object.fromEntries(subjects.map((subject, index) => [`e${index}`, event(subject)])),
    setup: () => ({}),
  });
const answering = (name: string, typeName: string): AnyComponent => {
  const rpc = defineService(typeName, { a: { input: json<null>(), output: json<null>() } });
  return defineComponent({ name, version, rpc, setup: () => ({ rpc: { a: () => null } }) });
};
const hooking = (name: string, ...hooks: string[]): AnyComponent =>
  defineComponent({
    name,
    version,
    hooks: Object.fromEntries(
      hooks.map((hook) => [hook, defineHook(event("a.b"), { name: hook }, () => {})]),
    ),
    setup: () => ({}),
  });

const cases: [what: string, components: AnyComponent[], message: string][] = [
  [
    "subjects that overlap",
    [publishing("a", "x.{id}", "y.{id}"), publishing("b", "y.{kind}")],
    "event e1 of a (y.*) overlaps with event e0 of b (y.*)",
  ],
  [
    "subjects of one component that overlap",
    [publishing("a", "x.{id}", "x.{rest...}")],
    "event e0 of a (x.*) overlaps with event e1 of a (x.>)",
  ],
  [
    "a subject that RPC has",
    [publishing("a", "rpc.{id}.{rest...}")],
    "event e0 of a (rpc.*.>) overlaps with rpc.*.>, which is reserved",
  ],
  [
    "RPC of one name",
    [answering("a", "x.v1.X"), answering("b", "x.v1.X")],
    "RPC x.v1.X is that of a and of b",
  ],
  [
    "streams of one name",
    [publishing("a", "x.{id}"), publishing("a_dead", "y.{id}")],
    "stream a_dead would be that of the hooks of a and of the events of a_dead",
  ],
  [
    "hooks of one name",
    [hooking("a", "b_c"), hooking("a_b", "c")],
    "consumer a_b_c would be that of hook b_c of a and of hook c of a_b",
  ],
  ["a name that is taken", [hooking("locks")], "no component can be named locks"],
];

test("createApp() refuses components that clash, by name", async (t) => {
  for (const [what, components, message] of cases) {
    await t.test(what, () => {
      assert.throws(() => createApp({ nc, components }), {
        name: "TypeError",
        message: `Cannot start: ${message}`,
      });
    });
  }
  createApp({
    nc,
    components: [publishing("a", "x.{id}"), publishing("b", "x.{id}.y", "rpc.{id}")],
  });
});

test("createApp() refuses hooks of setup() that clash before any hook runs", async () => {
  await using world = await startWorld();
  const { namespace } = world;
  const opened = event("opened.{id}");
  const log: string[] = [];
  const twice = defineComponent({
    name: "twice",
    version,
    events: { opened },
    setup: () => ({
      hooks: [
        defineHook(opened, { name: "a" }, () => {}),
        defineHook(opened, { name: "a" }, () => {}),
      ],
      dispose: () => void log.push("disposed"),
    }),
  });
  await assert.rejects(createApp({ nc: world.nc, components: [twice], namespace }).start(), {
    message:
      "Cannot start: consumer twice_a would be that of hook a of twice and of hook a of twice",
  });
  assert.deepEqual(log, ["disposed"]);
});

test("createApp() names a declared hook that setup() does not bring", async () => {
  await using world = await startWorld();
  const { namespace } = world;
  const opened = event("opened.{id}");
  const careless = defineComponent({
    name: "careless",
    version,
    events: { opened },
    hooks: { note: hookOn(opened) },
    setup: () => ({ hooks: { other: () => {} } }) as never,
  });
  await assert.rejects(createApp({ nc: world.nc, components: [careless], namespace }).start(), {
    name: "TypeError",
    message:
      "Cannot set up component careless as setup() must return what its declared hooks do: " +
      "note is missing, other is not declared",
  });
});
