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
 * console.log(log.filters); // [ "flight.landed.*" ]
 * ```
 *
 * @module
 */
export type {
  Connection,
  ConnectionInfo,
  ConnectionSubscription,
  ResourcePlan,
} from "../connection/mod.ts";
export { type Backoff, backoffMs } from "../core/mod.ts";
export { cancelScheduled } from "./cancel_scheduled.ts";
export type { CircuitOptions } from "./circuit.ts";
export * from "./consumer.ts";
export * from "./consumer_status.ts";
export type { DeadLetter } from "./dead_letter.ts";
export * from "./dead_letters.ts";
export { type ConsumerIdentity, type ConsumerPlace, ensureConsumer } from "./ensure_consumer.ts";
export { ensureHook } from "./ensure_hook.ts";
export * from "./event.ts";
export * from "./event_info.ts";
export {
  defineHook,
  type FoundRoute,
  type HookCase,
  type HookDefinition,
  type HookOptions,
  type HookRoute,
  type HookSource,
  on,
  type SourceValue,
  type StartPosition,
  type SubjectFilter,
} from "./hook.ts";
export * from "./idempotent.ts";
export { type HookNames, hookNames } from "./_names.ts";
export * from "./ordered_consumer.ts";
export { planHook, type PlanHookOptions, type PlannedStream } from "./plan_hook.ts";
export { planStream } from "./plan_stream.ts";
export * from "./publish_options.ts";
export * from "./publisher.ts";
export * from "./settlement.ts";
export * from "./stream.ts";
export * from "./stream_options.ts";
export { overlap as subjectsOverlap } from "./_overlap.ts";
