/**
 * Components: what a distributed application is made of, and the application that runs them.
 *
 * @example A component with an RPC and a shared function
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineComponent } from "@shizuku/shizuku/component";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
 * });
 * export const greeter = defineComponent({
 *   name: "greeter",
 *   version: "1.0.0",
 *   rpc: GreetService,
 *   setup() {
 *     const greet = ({ name }: { name: string }) => ({ text: `Hello, ${name}` });
 *     return { rpc: { greet }, shared: { greet } };
 *   },
 * });
 * ```
 *
 * @module
 */
export type { Connection, ConnectionInfo, ConnectionSubscription } from "../connection/mod.ts";
export * from "./app.ts";
export * from "./component.ts";
export * from "./component_kv.ts";
export * from "./component_locks.ts";
export { type Manifest, type Registry, registry } from "./registry.ts";
