import { nuid } from "@nats-io/nats-core";
import { type Awaitable, getLogger, ShizukuError } from "../core/mod.ts";
import { LockClaim } from "./_lock_claim.ts";
import { lockKey } from "./_lock_document.ts";
import { LockRecord, type Session } from "./_lock_record.ts";
import { within } from "./_within.ts";
import type { Bucket } from "./bucket.ts";
import type { LockHandle } from "./lock_handle.ts";
import type { LockMode } from "./lock_state.ts";

/** Options of {@linkcode createRwLock}. */
export interface RwLockOptions {
  /**
   * First token of the keys, so that locks of several kinds can share a bucket.
   * @default {"lock"}
   */
  prefix?: string;
  /**
   * Lease in milliseconds, at least 100: how long a process may be silent before others take it
   * for dead. Electing a leader takes a cluster 4 to 9 seconds; with replicas, stay above 15,000.
   * @default {30000}
   */
  ttlMs?: number;
  /** Gives back every lock and ends every wait. */
  signal?: AbortSignal;
}

/** Options for one use of a lock. */
export interface LockOptions {
  /** Lease in milliseconds, at least 100. By default that of the {@linkcode RwLockOptions}. */
  ttlMs?: number;
  /** Longest wait in milliseconds. By default without limit. */
  timeoutMs?: number;
  /** Ends the wait. It has no effect on a lock that is held already. */
  signal?: AbortSignal;
  /** Who it is, for people who look at the lock. */
  owner?: string;
}

/** Options of {@linkcode RwLock.acquire}. */
export interface AcquireOptions extends LockOptions {
  /**
   * Readers share a lock, a writer has it alone.
   * @default {"write"}
   */
  mode?: LockMode;
}

/**
 * Locks by name, between all processes that use the same bucket and prefix.
 *
 * First come, first served; a waiting writer holds back readers that come later. Locks are not
 * re-entrant. Disposing of it gives back every lock and ends every wait.
 */
export interface RwLock extends AsyncDisposable {
  /**
   * Waits for a lock.
   *
   * @param name Any text that is not empty.
   * @throws {ShizukuError} `deadline_exceeded` after `timeoutMs`, `canceled` by the signal,
   * `unavailable` if NATS cannot be reached. The claim is then taken back.
   */
  acquire(name: string, options?: AcquireOptions): Promise<LockHandle>;
  /** Takes a lock if it is free, and gives `null` if it is not. */
  tryAcquire(
    name: string,
    options?: Omit<AcquireOptions, "timeoutMs" | "signal">,
  ): Promise<LockHandle | null>;
  /** Runs a function while the lock is shared with other readers. */
  withRead<T>(
    name: string,
    run: (handle: LockHandle) => Awaitable<T>,
    options?: LockOptions,
  ): Promise<T>;
  /** Runs a function while the lock is held alone. */
  withWrite<T>(
    name: string,
    run: (handle: LockHandle) => Awaitable<T>,
    options?: LockOptions,
  ): Promise<T>;
}

/**
 * Makes read-write locks that live in a bucket, one document for each.
 *
 * A lease that is not renewed, which happens every third of it, is lost: the handle's signal aborts
 * after three quarters of it, and others go on after the whole. No lease can stop a process that
 * sleeps through its end; where that matters, have the resource check the handle's `fence`.
 *
 * @param bucket Opened with `republish: true` and without `ttlMs`.
 * @throws {ShizukuError} `failed_precondition` for another bucket, `invalid_argument` for options
 * that are not valid.
 * @example
 * ```ts ignore
 * import { createRwLock, openBucket } from "@shizuku/shizuku/kv";
 *
 * await using locks = createRwLock(await openBucket(nc, "locks", { republish: true }));
 * const total = await locks.withRead("orders.7", () => sum("7"));
 * await locks.withWrite("orders.7", ({ signal, fence }) => ship("7", { signal, fence }));
 * ```
 */
export function createRwLock(bucket: Bucket, options: RwLockOptions = {}): RwLock {
  const { prefix = "lock", ttlMs = 30_000, signal } = options;
  checkBucket(bucket);
  if (!/^[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*$/.test(prefix)) {
    refuse("create locks", "prefix", "a key of letters, digits, - / _ = and .", prefix);
  }
  checkMs("create locks", "ttlMs", ttlMs, 100);
  if (bucket.replicas > 1 && ttlMs < 15_000) {
    getLogger(["kv", "locks"]).warn(
      "A lease of {ttlMs} ms is shorter than a leader's election may take",
      { ttlMs },
    );
  }
  const locks = new BucketRwLock(bucket, prefix, ttlMs);
  const dispose = () => void locks[Symbol.asyncDispose]();
  if (signal?.aborted) dispose();
  else signal?.addEventListener("abort", dispose, { once: true });
  return locks;
}

/** So many locks that nobody uses are remembered, for their last document. */
const MAX_IDLE = 1000;

class BucketRwLock implements RwLock {
  readonly #bucket: Bucket;
  readonly #prefix: string;
  readonly #ttlMs: number;
  readonly #session: Session = { id: nuid.next(), beat: 0 };
  readonly #records = new Map<string, LockRecord>();
  #closed: Promise<void> | undefined;

  constructor(bucket: Bucket, prefix: string, ttlMs: number) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#ttlMs = ttlMs;
  }

  async acquire(name: string, options: AcquireOptions = {}): Promise<LockHandle> {
    const { mode = "write", timeoutMs = Infinity, signal } = options;
    const action = `acquire ${mode} lock ${JSON.stringify(name)}`;
    checkMs(action, "timeoutMs", timeoutMs, 0);
    const claim = this.#claim(action, name, mode, options);
    try {
      await within(() => claim.join(true), { action: `Cannot ${action}`, timeoutMs, signal });
      return claim;
    } catch (error) {
      // The caller need not wait for the ticket to be taken back, and release() never rejects.
      void claim.release(error);
      throw error;
    }
  }

  async tryAcquire(
    name: string,
    options: Omit<AcquireOptions, "timeoutMs" | "signal"> = {},
  ): Promise<LockHandle | null> {
    const { mode = "write" } = options;
    const action = `acquire ${mode} lock ${JSON.stringify(name)}`;
    const claim = this.#claim(action, name, mode, options);
    try {
      await claim.join(false);
    } catch (error) {
      void claim.release(error);
      throw error;
    }
    if (claim.isHeld) return claim;
    claim.forget();
    return null;
  }

  withRead<T>(
    name: string,
    run: (handle: LockHandle) => Awaitable<T>,
    options?: LockOptions,
  ): Promise<T> {
    return this.#with(name, run, { ...options, mode: "read" });
  }

  withWrite<T>(
    name: string,
    run: (handle: LockHandle) => Awaitable<T>,
    options?: LockOptions,
  ): Promise<T> {
    return this.#with(name, run, { ...options, mode: "write" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new ShizukuError("canceled", "Stopped waiting for a lock: the locks are closed");
    const closeAll = () => [...this.#records.values()].map((record) => record.close(reason));
    await (this.#closed ??= Promise.all(closeAll()).then(() => {}));
  }

  async #with<T>(
    name: string,
    run: (handle: LockHandle) => Awaitable<T>,
    options: AcquireOptions,
  ): Promise<T> {
    await using handle = await this.acquire(name, options);
    return await run(handle);
  }

  #claim(action: string, name: string, mode: LockMode, options: LockOptions): LockClaim {
    const { ttlMs = this.#ttlMs, owner } = options;
    if (this.#closed !== undefined) {
      throw new ShizukuError("failed_precondition", `Cannot ${action}: the locks are closed`);
    }
    if (typeof name !== "string" || name === "") {
      refuse(action, "its name", "text that is not empty", name);
    }
    if (mode !== "read" && mode !== "write") refuse(action, "mode", '"read" or "write"', mode);
    checkMs(action, "ttlMs", ttlMs, 100);
    const [ticket, session] = [nuid.next(), this.#session.id];
    return new LockClaim(this.#record(name), { name, ticket, session, mode, ttlMs, owner });
  }

  #record(name: string): LockRecord {
    const known = this.#records.get(name);
    const record = known ??
      new LockRecord(this.#bucket, name, lockKey(this.#prefix, name), this.#session);
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
}

function checkBucket({ name, republish, ttlMs }: Bucket): void {
  const refuseBucket = (wanted: string) => {
    throw new ShizukuError(
      "failed_precondition",
      `Cannot create locks in bucket ${name} as it must be opened ${wanted}`,
      { stage: "pre" },
    );
  };
  if (!republish) refuseBucket("with republish: true");
  if (ttlMs !== undefined) refuseBucket(`without ttlMs: current value is ${ttlMs}`);
}

function checkMs(action: string, what: string, value: number, least: number): void {
  if (typeof value === "number" && value >= least) return;
  refuse(action, what, `at least ${least}`, value);
}

function refuse(action: string, what: string, wanted: string, value: unknown): never {
  throw new ShizukuError(
    "invalid_argument",
    `Cannot ${action} as ${what} must be ${wanted}: current value is ${JSON.stringify(value)}`,
    { stage: "pre" },
  );
}
