/**
 * Typed values and locks in JetStream's key-value buckets, for what the processes of an application
 * share.
 *
 * {@linkcode entity} keeps many values, each under a key with parameters; {@linkcode value} keeps
 * one. {@linkcode createRwLock}, {@linkcode createMutex} and {@linkcode createSemaphore} make locks by
 * name, {@linkcode createElection} elects a leader; {@linkcode readLocked}, {@linkcode writeLocked}
 * and {@linkcode leaderOnly} go around a processor, and {@linkcode fenced} refuses who has lost.
 *
 * @example Records that several processes change
 * ```ts ignore
 * import { json } from "@shizuku/shizuku/core";
 * import { entity, openBucket } from "@shizuku/shizuku/kv";
 *
 * const flights = entity(await openBucket(nc, "flights"), {
 *   key: "flight.{origin}.{id}",
 *   codec: json<{ delayMinutes: number }>(),
 * });
 * await flights.put({ origin: "ORD", id: "42" }, { delayMinutes: 10 });
 * await flights.modify({ origin: "ORD", id: "42" }, (flight) => flight && { delayMinutes: 25 });
 * for await (const { key, value } of flights.entries({ origin: "ORD" })) {
 *   console.log(key.id, value.delayMinutes); // 42 25
 * }
 * ```
 *
 * @example A lock without I/O: first come, first served
 * ```ts
 * import { FREE_LOCK, step } from "@shizuku/shizuku/kv";
 *
 * const join = { type: "join", ttlMs: 30_000 } as const;
 * const lock = step(FREE_LOCK, [
 *   { ...join, ticket: "1", session: "a", mode: "read" },
 *   { ...join, ticket: "2", session: "b", mode: "write" },
 *   { ...join, ticket: "3", session: "c", mode: "read" },
 * ]);
 * console.log(lock.h.length, lock.q.length); // 1 2
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
export * from "./bucket.ts";
export * from "./bucket_subjects.ts";
export * from "./counter.ts";
export * from "./election.ts";
export * from "./entity.ts";
export * from "./entry.ts";
export * from "./fenced.ts";
export * from "./key_codec.ts";
export * from "./lock_handle.ts";
export * from "./lock_layers.ts";
export * from "./lock_options.ts";
export * from "./lock_report.ts";
export * from "./lock_state.ts";
export * from "./modify_options.ts";
export * from "./mutex.ts";
export * from "./placed_codec.ts";
export { planBucket } from "./plan_bucket.ts";
export * from "./replica.ts";
export * from "./rw_lock.ts";
export * from "./semaphore.ts";
export * from "./stale_fence_error.ts";
export * from "./value.ts";
