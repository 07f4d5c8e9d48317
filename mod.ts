/**
 * Components over NATS: what `core`, `services`, `consumers`, `kv` and `component` export, together.
 *
 * A component exposes events, hooks, RPC and a shared part; an application runs components on one
 * connection. HTTP (`./hono`), the connections (`./transport/…`) and a nats-server for tests
 * (`./dev`) are entry points of their own, so that nobody carries what they do not use.
 *
 * @example A component, and an application that runs it
 * ```ts ignore
 * import { createApp, defineComponent, defineService, json } from "@shizuku/shizuku";
 * import { connect } from "@shizuku/shizuku/transport/deno";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
 * });
 * const greeter = defineComponent({
 *   name: "greeter",
 *   version: "1.0.0",
 *   rpc: GreetService,
 *   setup: () => ({ rpc: { greet: ({ name }) => ({ text: `Hello, ${name}` }) } }),
 * });
 *
 * await using nc = await connect({ servers: "nats://127.0.0.1:4222" });
 * await using app = await createApp({ nc, components: [greeter] }).start();
 * ```
 *
 * @module
 */
export * from "./src/core/mod.ts";
export * from "./src/services/mod.ts";
export * from "./src/consumers/mod.ts";
export * from "./src/kv/mod.ts";
export * from "./src/component/mod.ts";
