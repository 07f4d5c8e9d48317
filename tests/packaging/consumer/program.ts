/**
 * A program of a user's own, which has the library as an installed package: an RPC, an event with
 * its hook and a record, all over a real server. It ends with the line `works`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { createApp, defineComponent } from "@shizuku/shizuku/component";
import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
import { json, protobuf, subject } from "@shizuku/shizuku/core";
import { startNatsServer } from "@shizuku/shizuku/dev";
import { rpc } from "@shizuku/shizuku/hono";
import { entity, openBucket } from "@shizuku/shizuku/kv";
import { encrypted } from "@shizuku/shizuku/kv/encrypted";
import { EventOptionsSchema } from "@shizuku/shizuku/protobuf/shizuku/v1/options_pb.js";
import { createClient, defineService, natsTransport } from "@shizuku/shizuku/services";
import { connect } from "@shizuku/shizuku/transport/node";
import * as ws from "@shizuku/shizuku/transport/ws";
import { Hono } from "hono";

const greeted = defineEvent(json<{ name: string }>(), { subject: "greeter.greeted.{name}" });

const GreetService = defineService("greet.v1.GreetService", {
  greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
});

const greeter = defineComponent({
  name: "greeter",
  version: "1.0.0",
  rpc: GreetService,
  events: { greeted },
  async setup({ events, kv }) {
    const visits = await kv.entity("visits", { key: "{name}", codec: json<number>() });
    const count = defineHook(greeted, { name: "count" }, async ({ name }) => {
      await visits.modify({ name }, (n) => (n ?? 0) + 1);
    });
    return {
      rpc: {
        async greet({ name }) {
          await events.greeted.publish({ name });
          return { text: `Hello, ${name}` };
        },
      },
      hooks: [count],
      shared: { visits },
    };
  },
});

await using server = await startNatsServer({ onProgress: () => {} });
await using nc = await connect({ servers: server.url });
await using app = await createApp({ nc, components: [greeter] }).start();

const client = createClient(natsTransport(nc), GreetService);
const { text }: { text: string } = await client.greet({ name: "Ada" });
assert.equal(text, "Hello, Ada");

const response = await new Hono().route("/", rpc(app)).request("/greet.v1.GreetService/greet", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ name: "Ada" }),
});
assert.deepEqual(await response.json(), { text: "Hello, Ada" });

const { visits } = app.shared(greeter);
for await (const change of visits.watch({ name: "Ada" })) {
  if (change.type === "entry" && change.entry.value === 2) break;
}

const options = protobuf(EventOptionsSchema);
const secrets = entity(await openBucket(nc, "secrets"), {
  key: "secret.{id}",
  codec: encrypted(options, { current: "1", keys: { "1": new Uint8Array(32) } }),
});
await secrets.put({ id: "7" }, create(EventOptionsSchema, { subject: "a.b" }));
assert.equal((await secrets.get({ id: "7" }))?.value.subject, "a.b");

assert.equal(subject("order.{id}").format({ id: "7" }), "order.7");
assert.equal(typeof ws.connect, "function");
// @ts-expect-error A wrong type is found out, so that the declarations are really there.
const wrong: number = (await client.greet({ name: "Ada" })).text;
assert.equal(wrong, text);
console.log("works");
