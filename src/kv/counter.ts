import { ShizukuError } from "../core/mod.ts";
import type { Bucket } from "./bucket.ts";
import type { ModifyOptions } from "./modify_options.ts";
import { type Value, value } from "./value.ts";

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

/** An addition that waits for its write. */
interface Addition {
  readonly amount: bigint;
  sum: bigint;
  readonly signal: AbortSignal | undefined;
  resolve(sum: bigint): void;
  reject(error: unknown): void;
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
  return new CasCounter(value(bucket, { key, codec: { name: "counter", encodeAt, decodeAt } }));
}

function encodeAt(sum: bigint): Uint8Array {
  return new TextEncoder().encode(String(sum));
}

function decodeAt(bytes: Uint8Array): bigint {
  const digits = new TextDecoder().decode(bytes);
  if (INTEGER.test(digits)) return BigInt(digits);
  throw new ShizukuError(
    "invalid_argument",
    `Cannot decode a counter from ${bytes.length} bytes as they must be decimal digits`,
    { stage: "pre" },
  );
}

class CasCounter implements Counter {
  readonly #value: Value<bigint>;
  #waiting: Addition[] = [];
  #isWriting = false;

  constructor(value: Value<bigint>) {
    this.#value = value;
  }

  async get(): Promise<bigint> {
    return (await this.#value.get())?.value ?? 0n;
  }

  async add(
    amount: bigint | number = 1n,
    { signal }: Pick<ModifyOptions, "signal"> = {},
  ): Promise<bigint> {
    const exact = toBigInt(amount);
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ amount: exact, sum: 0n, signal, resolve, reject });
      // It never rejects.
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async reset(): Promise<void> {
    await this.#value.delete();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0).filter(isWanted);
      if (batch.length === 0) continue;
      try {
        await this.#value.modify((sum = 0n) => addAll(sum, batch));
        for (const { resolve, sum } of batch) resolve(sum);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }
}

/** Gives each addition the sum after it, and all together the last one. */
function addAll(sum: bigint, batch: readonly Addition[]): bigint {
  for (const addition of batch) addition.sum = sum += addition.amount;
  return sum;
}

/** Whether nobody has given it up before it was tried. */
function isWanted({ signal, reject }: Addition): boolean {
  if (!signal?.aborted) return true;
  reject(new ShizukuError("canceled", "Cannot add: canceled", { cause: signal.reason }));
  return false;
}

function toBigInt(amount: bigint | number): bigint {
  if (typeof amount === "bigint" || Number.isSafeInteger(amount)) return BigInt(amount);
  throw new ShizukuError(
    "invalid_argument",
    `Cannot add as the amount must be an integer: current value is ${amount}`,
    { stage: "pre" },
  );
}
