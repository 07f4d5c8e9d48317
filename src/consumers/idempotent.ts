import type { AnyLayer, Awaitable, Context } from "../core/mod.ts";
import { eventInfo } from "./event_info.ts";

/**
 * Remembers which events were processed. {@linkcode processedStore} keeps them in a KV bucket.
 *
 * @example One of your own
 * ```ts
 * import { idempotent, type ProcessedStore } from "@shizuku/shizuku/consumers";
 *
 * const ids = new Set<string>();
 * const store: ProcessedStore = {
 *   has: (id) => Promise.resolve(ids.has(id)),
 *   add: (id) => Promise.resolve(void ids.add(id)),
 * };
 * const layers = [idempotent(store)];
 * ```
 */
export interface ProcessedStore {
  /** Whether an event was processed. */
  has(id: string): Promise<boolean>;
  /** Notes that an event was processed. */
  add(id: string): Promise<void>;
}

/**
 * Options of {@linkcode idempotent}.
 *
 * @example By a header of the sender
 * ```ts ignore
 * import { idempotent, processedStore } from "@shizuku/shizuku/consumers";
 *
 * const layers = [
 *   idempotent(processedStore(bucket), { id: (ctx) => ctx.headers.get("order-id") }),
 * ];
 * ```
 */
export interface IdempotentOptions {
  /**
   * Identifies an event; `undefined` processes it whatever was before.
   * @default {the message id that it was published with, else its stream and sequence}
   */
  id?: (ctx: Context) => string | undefined;
}

/**
 * Skips events that were processed before: they are acknowledged without running again.
 *
 * An event is noted when its processor is done. So it is processed at least once, and again only if
 * the process ends, or the store fails, between the processor's end and the note, or if two processes
 * have it at the same time since a lease was lost. Where even that must not show, write the id of the
 * event together with its effect, in one record: compare-and-set knows no such gap.
 *
 * @param store Share one between the processes of a hook, and none between two hooks.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineEvent, defineHook, idempotent } from "@shizuku/shizuku/consumers";
 *
 * const paid = defineEvent(json<{ id: string }>(), { subject: "order.paid.{id}" });
 * const seen = new Set<string>(); // a bucket in earnest: see processedStore()
 * const store = {
 *   has: (id: string) => Promise.resolve(seen.has(id)),
 *   add: (id: string) => Promise.resolve(void seen.add(id)),
 * };
 * const ship = defineHook(paid, { name: "ship", layers: [idempotent(store)] }, (event) => {
 *   console.log(`Shipping ${event.id}`);
 * });
 * ```
 */
export function idempotent(store: ProcessedStore, options: IdempotentOptions = {}): AnyLayer {
  const { id: idOf = defaultId } = options;
  return <I, O>(next: (input: I, ctx: Context) => Awaitable<O>) =>
  async (input: I, ctx: Context): Promise<O> => {
    const id = idOf(ctx);
    if (id === undefined) return await next(input, ctx);
    // What a hook returns goes nowhere, so there is nothing to remember of it.
    if (await store.has(id)) return undefined as O;
    const result = await next(input, ctx);
    await store.add(id);
    return result;
  };
}

function defaultId(ctx: Context): string | undefined {
  const info = ctx.get(eventInfo);
  return info && (info.id ?? `${info.stream}.${info.sequence}`);
}

/**
 * The part of a KV bucket that is needed to remember events; every `Bucket` of `kv` has it.
 *
 * @example Every bucket is one
 * ```ts ignore
 * import { idempotent, type ProcessedBucket, processedStore } from "@shizuku/shizuku/consumers";
 * import { openBucket } from "@shizuku/shizuku/kv";
 *
 * const bucket: ProcessedBucket = await openBucket(nc, "billing_ship", { ttlMs: 7 * 86_400_000 });
 * const layers = [idempotent(processedStore(bucket))];
 * ```
 */
export interface ProcessedBucket {
  /** Reads the last revision of a key. */
  get(key: string): Promise<{ readonly operation: string } | undefined>;
  /** Writes a key. */
  write(key: string, value: Uint8Array): Promise<unknown>;
}

/**
 * Remembers processed events in a KV bucket. They expire with the bucket's `ttlMs`, which must be
 * longer than an event can be on its way: its stream's age, or the time until its dead letter is
 * tried anew.
 *
 * @param bucket Of the hook alone: `await openBucket(nc, "billing_ship", { ttlMs: 7 * 86_400_000 })`.
 * @example
 * ```ts ignore
 * import { idempotent, processedStore } from "@shizuku/shizuku/consumers";
 * import { openBucket } from "@shizuku/shizuku/kv";
 *
 * const bucket = await openBucket(nc, "billing_ship", { ttlMs: 7 * 86_400_000 });
 * const layers = [idempotent(processedStore(bucket))];
 * ```
 */
export function processedStore(bucket: ProcessedBucket): ProcessedStore {
  return {
    has: async (id) => (await bucket.get(keyOf(id)))?.operation === "put",
    add: async (id) => void await bucket.write(keyOf(id), new Uint8Array()),
  };
}

/** A key that any id has, and no other: what a key may not hold becomes `=` and its number. */
function keyOf(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, (char) => `=${char.charCodeAt(0).toString(16)}=`) || "=";
}
