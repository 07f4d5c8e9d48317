import type { Awaitable, SubjectParams } from "../core/mod.ts";
import { entityCodec } from "./_bucket_entity.ts";
import type { Entity } from "./entity.ts";
import type { Entry, Saved } from "./entry.ts";

/**
 * Typed records that are written under a lock, and refuse who has lost it.
 *
 * @typeParam Template The key template.
 * @typeParam T The value as it is read.
 * @typeParam Init The value as it may be written.
 * @example
 * ```ts ignore
 * import { entity, fenced, type FencedEntity } from "@shizuku/shizuku/kv";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const orders: FencedEntity<"order.{id}", Order> = fenced(
 *   entity(bucket, { key: "order.{id}", codec: json<Order>() }),
 * );
 * await using handle = await locks.acquire("orders.7");
 * await orders.put({ id: "7" }, { shipped: true }, handle.fence);
 * ```
 */
export interface FencedEntity<Template extends string, T, Init = T> {
  /** The entity, to read, list and watch it. Who writes through it goes past the check. */
  readonly entity: Entity<Template, T, Init>;
  /** Reads a value from the leader. */
  get(key: SubjectParams<Template>): Promise<Entry<SubjectParams<Template>, T> | undefined>;
  /** The newest fence that a value was written, or deleted, with; `undefined` if with none. */
  fenceOf(key: SubjectParams<Template>): Promise<bigint | undefined>;
  /**
   * Writes a value.
   *
   * @param fence Of the lock that is held: {@linkcode Lease.fence}, or `ctx.get(fenceKey)`.
   * @throws {StaleFenceError} If the value has a newer one.
   * @throws {ShizukuError} `deadline_exceeded` if nobody knows whether it was written.
   */
  put(
    key: SubjectParams<Template>,
    value: Init,
    fence: bigint,
  ): Promise<Saved<SubjectParams<Template>, T>>;
  /**
   * Changes a value.
   *
   * @param change Gets the value, or `undefined` where there is none, and gives the next one, or
   * `undefined` to leave it as it is. It may be called several times.
   * @returns What is there then.
   * @throws {StaleFenceError} If the value has a newer fence, also if it is left as it is.
   * @throws {ShizukuError} `deadline_exceeded` if nobody knows whether it was written.
   */
  modify(
    key: SubjectParams<Template>,
    change: (value: T | undefined) => Awaitable<Init | undefined>,
    fence: bigint,
  ): Promise<Saved<SubjectParams<Template>, T> | undefined>;
  /**
   * Deletes a value. The deletion keeps the fence.
   *
   * @throws {StaleFenceError} If the value has a newer one.
   * @throws {ShizukuError} `deadline_exceeded` if nobody knows whether it was deleted.
   */
  delete(key: SubjectParams<Template>, fence: bigint): Promise<void>;
}

/**
 * Makes records refuse writes whose fence is older than the newest that they have seen: the check
 * without which no lease is safe from a process that sleeps through its end.
 *
 * The fence stands in the same message as the value, so check and write are one compare-and-set. The
 * value itself stays what it is: the entity, and other clients, read it as before. All who write
 * must write through this; what is written past it has no fence, and is overwritten by any.
 *
 * @param entity The records. A fence is forgotten with what expires or is purged.
 * @example The second line of defence
 * ```ts ignore
 * import { json } from "@shizuku/shizuku/core";
 * import { entity, fenced } from "@shizuku/shizuku/kv";
 *
 * const orders = fenced(entity(bucket, { key: "order.{id}", codec: json<Order>() }));
 * await locks.withWrite("orders.7", async ({ fence }) => {
 *   await orders.modify({ id: "7" }, (order) => order && { ...order, shipped: true }, fence);
 * });
 * ```
 */
export function fenced<Template extends string, T, Init>(
  entity: Entity<Template, T, Init>,
): FencedEntity<Template, T, Init> {
  const records = async () => {
    const { FencedRecords } = await import("./_lock_parts.ts");
    return new FencedRecords(entity, entityCodec(entity.codec));
  };
  return {
    entity,
    get: (key) => entity.get(key),
    fenceOf: async (key) => await (await records()).fenceOf(key),
    put: async (key, value, fence) => await (await records()).put(key, value, fence),
    modify: async (key, change, fence) => await (await records()).modify(key, change, fence),
    delete: async (key, fence) => await (await records()).delete(key, fence),
  };
}
