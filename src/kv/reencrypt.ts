import { invalid } from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import type { Bucket, BucketEntry } from "./bucket.ts";
import type { EncryptedCodec } from "./encrypted.ts";
import type { ValueCodec } from "./placed_codec.ts";

/**
 * What {@linkcode reencrypt} needs of an entity: every {@linkcode Entity} with its codec fits.
 *
 * @example An entity, or the one of a single value
 * ```ts ignore
 * import { reencrypt } from "@shizuku/shizuku/kv/encrypted";
 *
 * await reencrypt(accounts);
 * await reencrypt(secret.entity);
 * ```
 */
export interface Reencryptable {
  /** The bucket. */
  readonly bucket: Bucket;
  /** Its codec, which must be one of `encrypted()`. */
  readonly codec: ValueCodec;
  /** What to watch of the bucket. */
  filterOf(): string;
  /** The parameters of a key, if it is one of the entity's. */
  paramsOf(name: string): object | undefined;
}

/**
 * How far {@linkcode reencrypt} has come.
 *
 * @example
 * ```ts ignore
 * import { reencrypt } from "@shizuku/shizuku/kv/encrypted";
 *
 * const { checked, renewed, failed } = await reencrypt(accounts);
 * console.log(`${renewed} of ${checked} encrypted anew, ${failed} failed`);
 * ```
 */
export interface ReencryptProgress {
  /** Values that were looked at. */
  readonly checked: number;
  /** Values that are encrypted anew. */
  readonly renewed: number;
  /** Values that could not be, see `onFailure`. */
  readonly failed: number;
  /** Revisions up to this one have been looked at. */
  readonly revision: number;
}

/**
 * Options of {@linkcode reencrypt}.
 *
 * @example
 * ```ts ignore
 * import { reencrypt } from "@shizuku/shizuku/kv/encrypted";
 *
 * await reencrypt(accounts, {
 *   concurrency: 4,
 *   onProgress: ({ checked }) => console.log(checked),
 *   onFailure: (key, error) => console.error(key, error.message),
 *   signal,
 * });
 * ```
 */
export interface ReencryptOptions {
  /** Ends it early: it resolves with what is done. */
  signal?: AbortSignal;
  /**
   * How many values are encrypted anew at once.
   * @default {16}
   */
  concurrency?: number;
  /** Hears of every value that was looked at. */
  onProgress?: (progress: ReencryptProgress) => void;
  /** Hears of a value that cannot be decrypted, with its key in the bucket. */
  onFailure?: (key: string, error: ShizukuError) => void;
}

/**
 * Encrypts the values of an entity anew that are not encrypted with the current key.
 *
 * Safe beside writers: a value that somebody changes meanwhile is looked at again, and never
 * overwritten. What is done is known by its key, so that it goes on where it stopped when it is run
 * again, after a crash too. What remains of a value's time to live stays. Older revisions, where the
 * bucket has a history, go only when they are overwritten or purged: keep the old key as long.
 *
 * @param entity An entity, or `value.entity` of a single value, whose codec is an `encrypted()` one.
 * @returns What was done.
 * @throws {ShizukuError} `invalid_argument` for another codec; what reading and writing throw.
 * @example
 * ```ts ignore
 * import { reencrypt } from "@shizuku/shizuku/kv/encrypted";
 *
 * const { renewed, failed } = await reencrypt(accounts, {
 *   onProgress: ({ checked }) => console.log(checked),
 * });
 * ```
 */
export async function reencrypt(
  entity: Reencryptable,
  options: ReencryptOptions = {},
): Promise<ReencryptProgress> {
  const run = new Reencryption(entity, codecOf(entity), options);
  return await run.all();
}

function codecOf({ codec }: Reencryptable): EncryptedCodec<unknown> {
  if ("renew" in codec && "keyIdOf" in codec) return codec as EncryptedCodec<unknown>;
  throw invalid(
    `Cannot encrypt anew as the codec must be one of encrypted(): it is ${codec.name}`,
  );
}

class Reencryption {
  readonly #entity: Reencryptable;
  readonly #codec: EncryptedCodec<unknown>;
  readonly #options: ReencryptOptions;
  readonly #running = new Set<Promise<void>>();
  #progress: ReencryptProgress = { checked: 0, renewed: 0, failed: 0, revision: 0 };
  #error: unknown;

  constructor(
    entity: Reencryptable,
    codec: EncryptedCodec<unknown>,
    options: ReencryptOptions,
  ) {
    this.#entity = entity;
    this.#codec = codec;
    this.#options = options;
  }

  async all(): Promise<ReencryptProgress> {
    const { bucket } = this.#entity;
    const { signal, concurrency = 16 } = this.#options;
    const watching = bucket.watch(this.#entity.filterOf(), signal === undefined ? {} : { signal });
    for await (const event of watching) {
      if (event.type === "ready" || this.#error !== undefined) break;
      if (event.type !== "entry") continue;
      if (this.#entity.paramsOf(event.entry.key) === undefined) continue;
      this.#start(event.entry);
      if (this.#running.size >= concurrency) await Promise.race(this.#running);
    }
    await Promise.all(this.#running);
    if (this.#error !== undefined) throw this.#error;
    return this.#progress;
  }

  #start(entry: BucketEntry): void {
    const work = this.#work(entry).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  /** Never rejects. */
  async #work(entry: BucketEntry): Promise<void> {
    try {
      this.#count(entry, await this.#renew(entry));
    } catch (error) {
      this.#error ??= error;
    }
  }

  #count({ revision }: BucketEntry, outcome: "renewed" | "failed" | "fine"): void {
    const { checked, renewed, failed, revision: last } = this.#progress;
    this.#progress = {
      checked: checked + 1,
      renewed: renewed + (outcome === "renewed" ? 1 : 0),
      failed: failed + (outcome === "failed" ? 1 : 0),
      revision: Math.max(last, revision),
    };
    this.#options.onProgress?.(this.#progress);
  }

  async #renew(first: BucketEntry): Promise<"renewed" | "failed" | "fine"> {
    const { bucket } = this.#entity;
    for (
      let found: BucketEntry | undefined = first;;
      found = await bucket.get(first.key, { reads: "leader" })
    ) {
      if (found?.operation !== "put") return "fine";
      if (this.#codec.keyIdOf(found.value) === this.#codec.currentKeyId) return "fine";
      const { key, revision, value } = found;
      const ttlMs = remainingTtlMs(found, bucket.ttlMs);
      if (ttlMs !== undefined && ttlMs < SHORTEST_TTL_MS) return "fine";
      let bytes: Uint8Array;
      try {
        bytes = this.#codec.renew(value, { bucket: bucket.name, key });
      } catch (error) {
        this.#options.onFailure?.(key, ShizukuError.from(error));
        return "failed";
      }
      try {
        await bucket.write(key, bytes, { revision, ...(ttlMs !== undefined && { ttlMs }) });
        return "renewed";
      } catch (error) {
        if (ShizukuError.from(error).code !== "aborted") throw error;
      }
    }
  }
}

/** What is about to expire is not worth a write, and could not be given so short a time. */
const SHORTEST_TTL_MS = 1_000;

/** How long a value has still to live: it gets no younger by being written again. */
function remainingTtlMs(
  { created, ttlMs }: BucketEntry,
  bucketTtlMs: number | undefined,
): number | undefined {
  const wholeMs = Math.min(ttlMs ?? Infinity, bucketTtlMs ?? Infinity);
  return wholeMs === Infinity ? undefined : created.getTime() + wholeMs - Date.now();
}
