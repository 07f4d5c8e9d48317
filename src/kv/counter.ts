import { invalid } from "../connection/mod.ts";
import { loadParts } from "./_load_parts.ts";
import type { Bucket } from "./bucket.ts";
import type { ModifyOptions } from "./modify_options.ts";
import { value } from "./value.ts";

/**
 * An integer of any size that many processes add to.
 *
 * @example
 * ```ts ignore
 * import { type Counter, counter, openBucket } from "@shizuku/shizuku/kv";
 *
 * const orders: Counter = counter(await openBucket(nc, "statistics"), "orders");
 * console.log(await orders.add(), await orders.get()); // 1n 1n
 * ```
 */
export interface Counter {
  /** Reads it; 0 if it was never added to. */
  get(): Promise<bigint>;
  /**
   * Adds to it. What this process adds while a write is under way is written together by the next
   * one, so that additions cost a fraction of a round trip where there are many.
   *
   * @param amount Negative to take away.
   * @default {1}
   * @returns The sum right after this addition: no two additions of 1 get the same.
   * @throws {ShizukuError} As {@linkcode Entity.modify} does.
   */
  add(amount?: bigint | number, options?: Pick<ModifyOptions, "signal">): Promise<bigint>;
  /** Removes it, so that it is 0. */
  reset(): Promise<void>;
}

const INTEGER = /^-?\d+$/;

/**
 * An integer under a key of a bucket, kept as decimal digits.
 *
 * Additions are exact, by compare-and-set: after a lost acknowledgement or a change of leader none is
 * lost, and none is done twice.
 *
 * @example
 * ```ts ignore
 * import { counter, openBucket } from "@shizuku/shizuku/kv";
 *
 * const orders = counter(await openBucket(nc, "statistics"), "orders");
 * console.log(await orders.add()); // 1n
 * console.log(await orders.add(41)); // 42n
 * ```
 */
export function counter(bucket: Bucket, key: string): Counter {
  const sum = value(bucket, { key, codec: { name: "counter", encodeAt, decodeAt } });
  let loading: Promise<Counter> | undefined;
  const load = () =>
    loading ??= loadParts().then((parts) => new parts.CasCounter(sum)).catch((error) => {
      // Where it could not be loaded, the next one who asks tries again.
      loading = undefined;
      throw error;
    });
  return {
    get: async () => await (await load()).get(),
    add: async (amount, options) => await (await load()).add(amount, options),
    reset: async () => await (await load()).reset(),
  };
}

function encodeAt(sum: bigint): Uint8Array {
  return new TextEncoder().encode(String(sum));
}

function decodeAt(bytes: Uint8Array): bigint {
  const digits = new TextDecoder().decode(bytes);
  if (INTEGER.test(digits)) return BigInt(digits);
  throw invalid(
    `Cannot decode a counter from ${bytes.length} bytes as they must be decimal digits`,
  );
}
