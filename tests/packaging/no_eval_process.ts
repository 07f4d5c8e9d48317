/**
 * Uses a bit of everything where no code can be made of text, and tells in one line of JSON what came
 * of it: `no_eval_process.ts <address of a nats-server>`.
 *
 * Deno and Node forbid it by a flag that the test gives. Bun has no such flag: there, what makes code
 * of text is taken away before anything is imported.
 *
 * @module
 */
import process from "node:process";
import type { Connection, RunningApp } from "../../src/component/mod.ts";
import { ENTRY_POINTS } from "./_entry_points.ts";

/** What V8 throws. */
function refuse(): never {
  throw new EvalError("Code generation from strings disallowed for this context");
}

if ("Bun" in globalThis) {
  const traps = { apply: refuse, construct: refuse };
  Object.assign(globalThis, { eval: refuse, Function: new Proxy(Function, traps) });
}

/** Whether each way to make code of text is refused. */
function isForbidden(): boolean {
  const { eval: evaluate, Function: make } = globalThis;
  const ways = [() => evaluate("1"), () => make("return 1"), () => new make("return 1")];
  return ways.every((way) => {
    try {
      way();
      return false;
    } catch (error) {
      return (error as Error).name === "EvalError";
    }
  });
}

async function main(server: string): Promise<object> {
  for (const load of Object.values(ENTRY_POINTS)) await load();
  const { connect } = await import("../../src/transport/node.ts");
  const nc = await connect({ servers: server });
  const app = await startLibrary(nc);
  const { rpc } = await import("../../src/hono/mod.ts");
  const answer = await rpc(app).request("/library.v1.LibraryService/lend", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"book":"7"}',
  });
  const { createClient, natsTransport } = await import("../../src/services/mod.ts");
  const again = await createClient(natsTransport(nc), await contract()).lend({ book: "7" });
  const seen = [await heard, await answer.json(), again];
  await app.stop();
  await nc.close();
  return { isForbidden: isForbidden(), seen };
}

let hear = (_book: string) => {};
const heard = new Promise<string>((resolve) => hear = resolve);

async function contract() {
  const { json } = await import("../../src/core/mod.ts");
  const { defineService } = await import("../../src/services/mod.ts");
  return defineService("library.v1.LibraryService", {
    lend: { input: json<{ book: string }>(), output: json<{ loans: number }>() },
  });
}

/** Counts loans in a bucket, under a lock, and publishes each as a message that a hook hears. */
async function startLibrary(nc: Connection): Promise<RunningApp> {
  const { json } = await import("../../src/core/mod.ts");
  const { StringValueSchema } = await import("@bufbuild/protobuf/wkt");
  const { defineEvent } = await import("../../src/consumers/mod.ts");
  const { createApp, defineComponent, hookOn } = await import("../../src/component/mod.ts");
  const lent = defineEvent(StringValueSchema, { subject: "library.lent.{value}" });
  const library = defineComponent({
    name: "library",
    version: "1.0.0",
    rpc: await contract(),
    events: { lent },
    hooks: { hear: hookOn(lent) },
    kv: { loans: { key: "{book}", codec: json<number>() } },
    setup: ({ events, kv, locks }) => ({
      rpc: {
        async lend({ book }) {
          await using _lease = await locks.mutex.acquire(book);
          const loans = ((await kv.loans.get({ book }))?.value ?? 0) + 1;
          await kv.loans.put({ book }, loans);
          await events.lent.publish({ value: book });
          return { loans };
        },
      },
      hooks: { hear: ({ value }) => hear(value) },
    }),
  });
  return await createApp({ nc, components: [library] }).start();
}

console.log(JSON.stringify(await main(process.argv[2]!)));
process.exit();
