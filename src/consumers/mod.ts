/**
 * Events that are not lost, and hooks that do not lie: typed publishing into JetStream, durable
 * consumers with retries, lanes and dead letters.
 *
 * @example Declare an event and a hook
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const log = defineHook(landed, { name: "log", attempts: 3 }, (event, ctx) => {
 *   ctx.logger.info("A flight has landed in {airport}", event);
 * });
 * console.log(log.event.subject.filter); // flight.landed.*
 * ```
 *
 * @module
 */
export type { Connection, ConnectionInfo, ConnectionSubscription } from "../connection/mod.ts";
export { type Backoff, backoffMs } from "../core/mod.ts";
export * from "./consumer.ts";
export { type DeadLetter, type DeadLetters, deadLetters } from "./dead_letter.ts";
export * from "./ensure_consumer.ts";
export * from "./event.ts";
export * from "./event_info.ts";
export * from "./hook.ts";
export * from "./publish_options.ts";
export * from "./publisher.ts";
export { cancelScheduled } from "./_schedule.ts";
export * from "./settlement.ts";
export * from "./stream.ts";
export * from "./stream_options.ts";
