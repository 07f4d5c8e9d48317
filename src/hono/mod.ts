/**
 * Components over HTTP: a Hono sub-app that speaks the Connect protocol, JSON and binary, so that
 * curl, browsers and every Connect client can call them.
 *
 * @example Mount a service and call it
 * ```ts
 * import { Hono } from "hono";
 * import { json } from "@shizuku/shizuku/core";
 * import { rpc } from "@shizuku/shizuku/hono";
 * import { defineService, localTransport } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
 * });
 * const transport = localTransport().add(GreetService, {
 *   greet: ({ name }) => ({ text: `Hello, ${name}` }),
 * });
 * const app = new Hono().route("/api", rpc(GreetService, { transport }));
 *
 * const response = await app.request("/api/greet.v1.GreetService/greet", {
 *   method: "POST",
 *   headers: { "Content-Type": "application/json" },
 *   body: JSON.stringify({ name: "Ada" }),
 * });
 * console.log(await response.text()); // {"text":"Hello, Ada"}
 * ```
 * @see https://connectrpc.com/docs/protocol
 *
 * @module
 */
export type { Context, Handler, Hono } from "hono";
export type { Schema } from "hono/types";
export * from "./events.ts";
export * from "./gateway.ts";
export * from "./handle_rpc_error.ts";
export * from "./health.ts";
export * from "./is_public.ts";
export * from "./rest.ts";
export * from "./rpc.ts";
export * from "./rpc_options.ts";
export * from "./rpc_schema.ts";
