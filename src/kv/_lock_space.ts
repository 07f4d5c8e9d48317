import { ShizukuError } from "../core/mod.ts";
import { streamOf } from "./_bucket_stream.ts";
import { checkLeast, checkLockBucket, checkLockName, checkPrefix } from "./_check_lock.ts";
import type { LockClaim } from "./_lock_claim.ts";
import type { LockEngine } from "./_lock_engine.ts";
import { within } from "./_within.ts";
import type { Bucket } from "./bucket.ts";
import type { LockOptions, LocksOptions, TryLockOptions } from "./lock_options.ts";
import type { LockReport } from "./lock_report.ts";
import type { LockMode } from "./lock_state.ts";

/** What kind of locks. */
export interface LockKind {
  /** Prefix of the keys unless the user wants another. */
  readonly prefix: string;
  /** What they are called: `locks`. */
  readonly plural: string;
  /** What is tried, for messages: `acquire mutex "a"`. */
  action(mode: LockMode, name: string): string;
  /** How many readers may hold one at once. */
  readonly limit?: number;
}

/** Where locks are, and how they are used unless somebody says otherwise. */
export interface LockPlace {
  /** The bucket, from `openBucket()`. */
  readonly bucket: Bucket;
  /** What kind they are. */
  readonly kind: LockKind;
  /** First tokens of their keys. */
  readonly prefix: string;
  /** Lease in milliseconds. */
  readonly ttlMs: number;
  /** Which process this is, if the user says so. */
  readonly process: string | undefined;
}

/**
 * All locks of one kind in a bucket, before anybody wants one: what they need is loaded with the
 * first use. Who closes them, or gives up, while it is loaded has nothing to give back later.
 */
export class LockSpace implements AsyncDisposable {
  readonly #place: LockPlace;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this[Symbol.asyncDispose]();
  #engine: LockEngine | undefined;
  #loading: Promise<LockEngine> | undefined;
  #closed: Promise<void> | undefined;

  constructor(bucket: Bucket, kind: LockKind, options: LocksOptions) {
    const { prefix = kind.prefix, ttlMs = 30_000, process, signal } = options;
    const action = `create ${kind.plural}`;
    checkLockBucket(kind.plural, bucket);
    checkPrefix(action, prefix);
    checkLeast(action, "ttlMs", ttlMs, 100);
    checkOrigin(kind.plural, bucket);
    this.#place = { bucket, kind, prefix, ttlMs, process };
    this.#signal = signal;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Waits for a lock. */
  async acquire(name: string, mode: LockMode, options: LockOptions): Promise<LockClaim> {
    const { timeoutMs = Infinity, signal } = options;
    const action = this.#place.kind.action(mode, name);
    checkLeast(action, "timeoutMs", timeoutMs, 0);
    this.#check(action, name, options);
    if (this.#engine !== undefined) return await this.#engine.acquire(action, name, mode, options);
    const startedAt = performance.now();
    const limits = { action: `Cannot ${action}`, timeoutMs, signal };
    const engine = this.#stillOpen(await within(() => this.engine(), limits));
    return await engine.acquire(action, name, mode, options, performance.now() - startedAt);
  }

  /** Takes a lock if it is free. */
  async tryAcquire(
    name: string,
    mode: LockMode,
    options: TryLockOptions,
  ): Promise<LockClaim | null> {
    this.#check(this.#place.kind.action(mode, name), name, options);
    const engine = this.#engine ?? this.#stillOpen(await this.engine());
    return await engine.tryAcquire(name, mode, options);
  }

  /** Tells who holds a lock and who waits. */
  async inspect(name: string): Promise<LockReport> {
    checkLockName(`inspect ${this.#place.kind.plural}`, name);
    return await (await this.engine()).inspect(name);
  }

  /** Takes a lock away from whoever holds it. */
  async forceRelease(name: string, expectedRevision: number): Promise<number> {
    const action = `release ${this.#place.kind.plural} by force`;
    checkLockName(action, name);
    checkLeast(action, "expectedRevision", expectedRevision, 0);
    return await (await this.engine()).forceRelease(name, expectedRevision);
  }

  /** What does the work. Where it could not be loaded, the next one who asks tries again. */
  engine(): Promise<LockEngine> {
    return this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await (this.#closed ??= this.#close());
  }

  async #load(): Promise<LockEngine> {
    const { LockEngine } = await import("./_lock_parts.ts");
    return this.#engine = new LockEngine(this.#place, streamOf(this.#place.bucket)!);
  }

  #close(): Promise<void> {
    if (this.#engine !== undefined) return this.#engine.close(this.#closing());
    // Who waits for it finds these locks closed, and nothing is acquired.
    return Promise.resolve(this.#loading).then(() => {}, () => {});
  }

  #check(action: string, name: string, { ttlMs }: TryLockOptions): void {
    if (this.#closed !== undefined) {
      const { plural } = this.#place.kind;
      throw new ShizukuError("failed_precondition", `Cannot ${action}: the ${plural} are closed`);
    }
    checkLockName(action, name);
    if (ttlMs !== undefined) checkLeast(action, "ttlMs", ttlMs, 100);
  }

  #stillOpen(engine: LockEngine): LockEngine {
    if (this.#closed !== undefined) throw this.#closing();
    return engine;
  }

  #closing(): ShizukuError {
    const { plural } = this.#place.kind;
    return new ShizukuError("canceled", `Stopped waiting: the ${plural} are closed`);
  }
}

function checkOrigin(plural: string, bucket: Bucket): void {
  if (streamOf(bucket) !== undefined) return;
  throw new ShizukuError(
    "failed_precondition",
    `Cannot create ${plural} in bucket ${bucket.name} as it must come from openBucket()`,
    { stage: "pre" },
  );
}
