import { getLogger, ShizukuError } from "../core/mod.ts";
import { streamOf } from "./_bucket_stream.ts";
import { checkLeast, checkLockBucket, checkLockName, checkPrefix } from "./_check_lock.ts";
import { LockClaim } from "./_lock_claim.ts";
import { lockKey } from "./_lock_document.ts";
import { forceRelease, inspectLock } from "./_lock_inspection.ts";
import { LockRecord, type Session } from "./_lock_record.ts";
import { LockStore } from "./_lock_store.ts";
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

/** So many locks that nobody uses are remembered, for their last document. */
const MAX_IDLE = 1000;

/** All locks of one kind in a bucket, as this process sees them. */
export class LockSpace implements AsyncDisposable {
  readonly store: LockStore;
  readonly #bucket: Bucket;
  readonly #kind: LockKind;
  readonly #prefix: string;
  readonly #ttlMs: number;
  readonly #process: string | undefined;
  readonly #session: Session = { id: randomId(), beat: 0, claims: 0 };
  readonly #records = new Map<string, LockRecord>();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this[Symbol.asyncDispose]();
  #hasWarned = false;
  #closed: Promise<void> | undefined;

  constructor(bucket: Bucket, kind: LockKind, options: LocksOptions) {
    const { prefix = kind.prefix, ttlMs = 30_000, process, signal } = options;
    const action = `create ${kind.plural}`;
    checkLockBucket(kind.plural, bucket);
    checkPrefix(action, prefix);
    checkLeast(action, "ttlMs", ttlMs, 100);
    this.store = storeOf(kind.plural, bucket);
    this.#bucket = bucket;
    this.#kind = kind;
    this.#prefix = prefix;
    this.#ttlMs = ttlMs;
    this.#process = process;
    this.#signal = signal;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Id of this process in the documents. */
  get session(): string {
    return this.#session.id;
  }

  /** Waits for a lock. */
  async acquire(name: string, mode: LockMode, options: LockOptions): Promise<LockClaim> {
    const { timeoutMs = Infinity, signal } = options;
    const action = this.#kind.action(mode, name);
    checkLeast(action, "timeoutMs", timeoutMs, 0);
    const claim = this.#claim(action, name, mode, options);
    try {
      if (timeoutMs === Infinity && signal === undefined) await claim.join();
      else await within(() => claim.join(), { action: `Cannot ${action}`, timeoutMs, signal });
      return claim;
    } catch (error) {
      // The caller need not wait for the ticket to be taken back, and release() never rejects.
      void claim.release(error);
      throw error;
    }
  }

  /** Takes a lock if it is free. */
  async tryAcquire(
    name: string,
    mode: LockMode,
    options: TryLockOptions,
  ): Promise<LockClaim | null> {
    const claim = this.#claim(this.#kind.action(mode, name), name, mode, options);
    try {
      return await claim.tryJoin() ? claim : null;
    } catch (error) {
      void claim.release(error);
      throw error;
    }
  }

  /** Tells who holds a lock and who waits. */
  async inspect(name: string): Promise<LockReport> {
    checkLockName(`inspect ${this.#kind.plural}`, name);
    return await inspectLock(this.store, this.#bucket.created, name, this.keyOf(name));
  }

  /** Takes a lock away from whoever holds it. */
  async forceRelease(name: string, expectedRevision: number): Promise<number> {
    const action = `release ${this.#kind.plural} by force`;
    checkLockName(action, name);
    checkLeast(action, "expectedRevision", expectedRevision, 0);
    return await forceRelease(this.store, name, this.keyOf(name), expectedRevision);
  }

  /** Key of a lock in the bucket. */
  keyOf(name: string): string {
    return lockKey(this.#prefix, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    const reason = new ShizukuError(
      "canceled",
      `Stopped waiting: the ${this.#kind.plural} are closed`,
    );
    const closeAll = () => [...this.#records.values()].map((record) => record.close(reason));
    await (this.#closed ??= Promise.all(closeAll()).then(() => {}));
  }

  #claim(action: string, name: string, mode: LockMode, options: TryLockOptions): LockClaim {
    const { ttlMs = this.#ttlMs, owner } = options;
    if (this.#closed !== undefined) {
      const { plural } = this.#kind;
      throw new ShizukuError("failed_precondition", `Cannot ${action}: the ${plural} are closed`);
    }
    checkLockName(action, name);
    checkLeast(action, "ttlMs", ttlMs, 100);
    if (ttlMs < SAFE_TTL_MS && this.#bucket.replicas > 1) this.#warn(ttlMs);
    const { id } = this.#session;
    return new LockClaim(this.#record(name), {
      name,
      bucketCreated: this.#bucket.created,
      join: {
        type: "join",
        ticket: `${id}${(++this.#session.claims).toString(36)}`,
        session: id,
        mode,
        ttlMs,
        process: this.#process ?? this.store.client,
        ...(owner !== undefined && { owner }),
        ...(this.#kind.limit !== undefined && { limit: this.#kind.limit }),
      },
    });
  }

  #record(name: string): LockRecord {
    const known = this.#records.get(name);
    const record = known ?? new LockRecord(this.store, name, this.keyOf(name), this.#session);
    // A map keeps its order, so that what was not used for longest stands first.
    this.#records.delete(name);
    this.#records.set(name, record);
    if (known === undefined && this.#records.size > MAX_IDLE) this.#forgetOne();
    return record;
  }

  #forgetOne(): void {
    for (const [name, record] of this.#records) {
      if (!record.isIdle) continue;
      this.#records.delete(name);
      return;
    }
  }

  #warn(ttlMs: number): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    getLogger(["kv", "locks"]).warn(
      "A lease of {ttlMs} ms is shorter than the election of a leader may take",
      { ttlMs },
    );
  }
}

/** Electing a leader takes a cluster 4 to 9 seconds, of which a lease must outlast the longest. */
const SAFE_TTL_MS = 15_000;

/** 12 characters that no other session has. They are short, as they stand in every document. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

function storeOf(plural: string, bucket: Bucket): LockStore {
  const stream = streamOf(bucket);
  if (stream !== undefined) return new LockStore(bucket.name, stream);
  throw new ShizukuError(
    "failed_precondition",
    `Cannot create ${plural} in bucket ${bucket.name} as it must come from openBucket()`,
    { stage: "pre" },
  );
}
