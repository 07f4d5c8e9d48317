/**
 * The border to the NATS client: one object for each connection of the user's, through which every
 * module above uses it. Internal; users hand over the connection that they have.
 *
 * @module
 */
export type { AbortListener, AbortSource } from "./abort_source.ts";
export * from "./after_tick.ts";
export * from "./api_error_code.ts";
export * from "./api_errors.ts";
export * from "./ask_jetstream.ts";
export * from "./border.ts";
export * from "./call_options.ts";
export * from "./connection.ts";
export * from "./denied_publishes.ts";
export * from "./inbox_prefix.ts";
export * from "./invalid.ts";
export * from "./jetstream_error.ts";
export * from "./local_error.ts";
export * from "./multiplexer.ts";
export * from "./nats_error.ts";
export * from "./patient_requests.ts";
export * from "./payload_too_large.ts";
export * from "./read_stored.ts";
export type { ResourcePlan } from "./resource_plan.ts";
export * from "./server_version.ts";
export * from "./store.ts";
export { readStoreAck, type StoreAck } from "./store_ack.ts";
