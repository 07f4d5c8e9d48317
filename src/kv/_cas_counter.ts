import { invalid } from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import type { Counter } from "./counter.ts";
import type { ModifyOptions } from "./modify_options.ts";
import type { Value } from "./value.ts";

/** An addition that waits for its write. */
interface Addition {
  readonly amount: bigint;
  sum: bigint;
  readonly signal: AbortSignal | undefined;
  resolve(sum: bigint): void;
  reject(error: unknown): void;
}

/** Adds by compare-and-set, all that waits at once. */
export class CasCounter implements Counter {
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
  throw invalid(`Cannot add as the amount must be an integer: current value is ${amount}`);
}
