// Uses the npm package as an application would: RPC, an event with its hook, records, a lock.
import assert from "node:assert/strict";
import process from "node:process";
import { createApp, defineComponent } from "@shizuku/shizuku/component";
import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
import { json } from "@shizuku/shizuku/core";
import { rpc } from "@shizuku/shizuku/hono";
import { createClient, defineService, natsTransport } from "@shizuku/shizuku/services";
import { connect } from "@shizuku/shizuku/transport/node";
import { encrypted } from "@shizuku/shizuku/kv/encrypted";
import * as everything from "@shizuku/shizuku";
import { Hono } from "hono";

const greeted = defineEvent(json<{ name: string }>(), { subject: "greeter.greeted.{name}" });

const GreetService = defineService("greet.v1.GreetService", {
  greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
});

let arrived: (name: string) => void;
const hooked = new Promise<string>((resolve) => arrived = resolve);

const greeter = defineComponent({
  name: "greeter",
  version: "1.0.0",
  rpc: GreetService,
  events: { greeted },
  async setup({ events, kv, locks }) {
    const greetings = await kv.entity("greetings", { key: "{name}", codec: json<number>() });
    const count = defineHook(greeted, { name: "count" }, async ({ name }) => {
      await greetings.modify({ name }, (count) => (count ?? 0) + 1);
      arrived(name);
    });
    return {
      rpc: {
        async greet({ name }) {
          await locks.mutex.withLock(name, () => events.greeted.publish({ name }));
          return { text: `Hello, ${name}` };
        },
      },
      hooks: [count],
      shared: { countOf: async (name: string) => (await greetings.get({ name }))?.value ?? 0 },
    };
  },
});

const nc = await connect({ servers: process.env["NATS_URL"] ?? "nats://127.0.0.1:4222" });
const app = await createApp({ nc, components: [greeter] }).start();

const client = createClient(natsTransport(nc), GreetService);
const reply: { text: string } = await client.greet({ name: "Ada" }, { timeoutMs: 5000 });
assert.equal(reply.text, "Hello, Ada");
// @ts-expect-error a name is a string
await assert.rejects(client.greet({ name: 1 }, { signal: AbortSignal.abort() }));

assert.equal(await hooked, "Ada");
assert.equal(await app.shared(greeter).countOf("Ada"), 1);

const response = await new Hono().route("/", rpc(app)).request("/greet.v1.GreetService/greet", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ name: "Grace" }),
});
assert.deepEqual(await response.json(), { text: "Hello, Grace" });
assert.equal(typeof encrypted, "function");
assert.equal(everything.defineComponent, defineComponent);

await app.stop();
await nc.close();
console.log(`${reply.text}: RPC, event, hook, records, lock and HTTP work`);
