/**
 * Typed RPC over NATS micro services: one contract types the server and its callers.
 *
 * @example Serve and call
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { createClient, defineService, localTransport } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<{ name: string }>(), output: json<{ text: string }>() },
 * });
 * const transport = localTransport().add(GreetService, {
 *   greet: ({ name }) => ({ text: `Hello, ${name}` }),
 * });
 * const client = createClient(transport, GreetService);
 * console.log((await client.greet({ name: "Ada" })).text); // Hello, Ada
 * ```
 *
 * @module
 */
export type { DescMethodUnary, DescService } from "@bufbuild/protobuf";
export type {
  AbortListener,
  AbortSource,
  Connection,
  ConnectionInfo,
  ConnectionSubscription,
} from "../connection/mod.ts";
export * from "./client.ts";
export * from "./contract.ts";
export * from "./define_service.ts";
export * from "./endpoint.ts";
export { discover, type DiscoverOptions, type Discovery } from "./discover.ts";
export type { EndpointFigures } from "./endpoint_stats.ts";
export * from "./local_transport.ts";
export type {
  MicroEndpointInfo,
  MicroEndpointStats,
  MicroIdentity,
  MicroInfo,
  MicroStats,
} from "./micro.ts";
export * from "./nats_transport.ts";
export { setResponseHeaders, setResponseTrailers } from "./response_headers.ts";
export * from "./serve.ts";
export * from "./service_event.ts";
export * from "./transport.ts";
