import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp, defineComponent } from "../../src/component/mod.ts";
import { json } from "../../src/core/mod.ts";
import { startWorld } from "../_support/world.ts";
import { parcel } from "./_parcel.ts";

test("a component reaches what others share, as it is, and nothing else of them", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const secrets = { key: "hunter2" };
  const list = { items: [1, 2] };
  const owner = defineComponent({
    name: "owner",
    version: "1.0.0",
    kv: { secrets: { codec: json<{ key: string }>() } },
    async setup({ kv }) {
      await kv.secrets.put(secrets);
      return { shared: { list, open: () => kv.secrets.get() }, dispose: () => {} };
    },
  });
  const seen: Record<string, unknown>[] = [];
  const user = defineComponent({
    name: "user",
    version: "1.0.0",
    uses: { owner },
    setup(context) {
      seen.push(context as unknown as Record<string, unknown>);
      return {};
    },
  });
  const stranger = defineComponent({
    name: "stranger",
    version: "1.0.0",
    setup(context) {
      seen.push(context as unknown as Record<string, unknown>);
      return {};
    },
  });
  const components = [owner, parcel, stranger, user];
  await using _app = await createApp({ nc, components, namespace }).start();
  const [ofStranger, ofUser] = seen as [Record<string, object>, Record<string, object>];
  assert.deepEqual(Object.keys(ofUser), [
    "events",
    "shared",
    "provided",
    "config",
    "kv",
    "locks",
    "logger",
    "signal",
  ]);
  const shared = ofUser["shared"] as Record<string, typeof list & { list: unknown }>;
  assert.deepEqual(Object.keys(shared), ["owner"]);
  assert.deepEqual(Object.keys(shared["owner"]!), ["list", "open"]);
  assert.equal(shared["owner"]!.list, list, "the very object, not a copy");
  assert.throws(() => Object.assign(shared, { parcel: 1 }), TypeError);
  for (const [context, name] of [[ofStranger, "shared"], [ofUser, "events"]] as const) {
    assert.deepEqual(Object.keys(context[name]!), [], name);
  }
  assert.deepEqual(Object.keys(ofUser["kv"]!), ["entity", "value"]);
  assert.equal(JSON.stringify(seen).includes("hunter2"), false);
});

test("a component that only shares here answers no RPC and runs no hook", async () => {
  await using world = await startWorld();
  const { nc, namespace } = world;
  const { bill } = await import("./_bill.ts");
  const counting = defineComponent({
    name: "counting",
    version: "1.0.0",
    uses: { bill },
    setup: () => ({}),
  });
  const components = [bill, parcel, counting];
  await using app = await createApp({ nc, components, namespace, only: ["counting"] }).start();
  assert.equal(app.shared(bill), undefined);
  assert.deepEqual(app.hooks, []);
  assert.deepEqual(app.components, [counting]);
  await assert.rejects(app.client(bill.contracts[0]!).count!(null as never), {
    code: "unavailable",
  });
});
