import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnyComponent, createApp, defineComponent } from "../../src/component/mod.ts";
import type { Connection } from "../../src/component/mod.ts";

/** Nothing is asked of a connection before an application starts. */
const nc = { request() {}, publish() {} } as unknown as Connection;

function component(name: string, uses: Record<string, AnyComponent> = {}): AnyComponent {
  return defineComponent({ name, version: "1.0.0", uses, setup: () => ({}) });
}

test("defineComponent() refuses names and versions that are not valid", () => {
  const setup = () => ({});
  assert.throws(() => defineComponent({ name: "a.b", version: "1.0.0", setup }), {
    name: "TypeError",
    message: /its name must match \[A-Za-z0-9_-\]\+: current value is "a\.b"/,
  });
  assert.throws(() => defineComponent({ name: "a", version: "one", setup }), {
    name: "TypeError",
    message: 'Cannot define component a as its version must be like 1.0.0: current value is "one"',
  });
});

test("createApp() names a component that is used and not there", () => {
  const user = component("user");
  const ticket = component("ticket", { user });
  assert.throws(() => createApp({ nc, components: [ticket] }), {
    name: "TypeError",
    message:
      "Cannot start component ticket as it uses user, which is not among the components: ticket",
  });
});

test("createApp() names two components of one name", () => {
  assert.throws(() => createApp({ nc, components: [component("a"), component("a")] }), {
    message: "Cannot start: two components are named a",
  });
});

test("createApp() names a circle", () => {
  const uses: Record<string, AnyComponent> = {};
  const a = component("a", uses);
  const b = component("b", { a });
  uses["b"] = b;
  assert.throws(() => createApp({ nc, components: [a, b] }), {
    message: "Cannot start: components use each other in a circle: a -> b -> a",
  });
});

test("createApp() says what is not a connection", () => {
  assert.throws(() => createApp({ nc: {} as Connection, components: [] }), {
    name: "TypeError",
    message: /Cannot use a value as NATS connection as it must come from connect\(\)/,
  });
});
