import { getLogger } from "../core/mod.ts";
import type { BucketStream } from "./_bucket_stream.ts";
import { LockClaim } from "./_lock_claim.ts";
import { lockKey } from "./_lock_document.ts";
import { forceRelease, inspectLock } from "./_lock_inspection.ts";
import { LockRecord, type Session } from "./_lock_record.ts";
import type { LockPlace } from "./_lock_space.ts";
import { LockStore } from "./_lock_store.ts";
import { within } from "./_within.ts";
import type { LockOptions, TryLockOptions } from "./lock_options.ts";
import type { LockReport } from "./lock_report.ts";
import type { LockMode } from "./lock_state.ts";

/** So many locks that nobody uses are remembered, for their last document. */
const MAX_IDLE = 1000;

/** All locks of one kind in a bucket, as this process sees them. Arguments must have been checked. */
export class LockEngine {
  readonly store: LockStore;
  readonly #place: LockPlace;
  readonly #session: Session = { id: randomId(), beat: 0, claims: 0 };
  readonly #records = new Map<string, LockRecord>();
  #hasWarned = false;

  constructor(place: LockPlace, stream: BucketStream) {
    this.#place = place;
    this.store = new LockStore(place.bucket.name, stream);
  }

  /** Id of this process in the documents. */
  get session(): string {
    return this.#session.id;
  }

  /**
   * Waits for a lock.
   *
   * @param action What is tried, for messages.
   * @param spentMs How much of the time to wait is over.
   */
  async acquire(
    action: string,
    name: string,
    mode: LockMode,
    options: LockOptions,
    spentMs = 0,
  ): Promise<LockClaim> {
    const { timeoutMs = Infinity, signal } = options;
    const claim = this.#claim(name, mode, options);
    try {
      if (timeoutMs === Infinity && signal === undefined) await claim.join();
      else {
        await within(() => claim.join(), {
          action: `Cannot ${action}`,
          timeoutMs,
          spentMs,
          signal,
        });
      }
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
    const claim = this.#claim(name, mode, options);
    try {
      return await claim.tryJoin() ? claim : null;
    } catch (error) {
      void claim.release(error);
      throw error;
    }
  }

  /** Tells who holds a lock and who waits. */
  inspect(name: string): Promise<LockReport> {
    return inspectLock(this.store, this.#place.bucket.created, name, this.keyOf(name));
  }

  /** Takes a lock away from whoever holds it. */
  forceRelease(name: string, expectedRevision: number): Promise<number> {
    return forceRelease(this.store, name, this.keyOf(name), expectedRevision);
  }

  /** Key of a lock in the bucket. */
  keyOf(name: string): string {
    return lockKey(this.#place.prefix, name);
  }

  /** Gives back all locks, and ends every wait with a reason. */
  async close(reason: unknown): Promise<void> {
    await Promise.all([...this.#records.values()].map((record) => record.close(reason)));
  }

  #claim(name: string, mode: LockMode, options: TryLockOptions): LockClaim {
    const { bucket, kind, process } = this.#place;
    const { ttlMs = this.#place.ttlMs, owner } = options;
    if (ttlMs < SAFE_TTL_MS && bucket.replicas > 1) this.#warn(ttlMs);
    const { id } = this.#session;
    return new LockClaim(this.#record(name), {
      name,
      bucketCreated: bucket.created,
      join: {
        type: "join",
        ticket: `${id}${(++this.#session.claims).toString(36)}`,
        session: id,
        mode,
        ttlMs,
        process: process ?? this.store.client,
        ...(owner !== undefined && { owner }),
        ...(kind.limit !== undefined && { limit: kind.limit }),
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
