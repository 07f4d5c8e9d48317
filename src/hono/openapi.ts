/**
 * An OpenAPI document of what a service answers over HTTP, and a page that shows it to people.
 *
 * @example Serve both
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { openapi, reference } from "@shizuku/shizuku/hono/openapi";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
 * });
 * const app = reference(openapi([GreetService], { title: "Greetings" }));
 * console.log((await app.request("/openapi.json")).status); // 200
 * ```
 * @see https://spec.openapis.org/oas/v3.1.0
 *
 * @module
 */
export type { Hono } from "hono";
export * from "./openapi_document.ts";
export * from "./reference.ts";
