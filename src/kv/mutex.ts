import type { Awaitable } from "../core/mod.ts";
import { type LockKind, LockSpace } from "./_lock_space.ts";
import type { Bucket } from "./bucket.ts";
import type { Lease } from "./lock_handle.ts";
import type { LockOptions, LocksOptions, TryLockOptions } from "./lock_options.ts";
import type { Locks } from "./rw_lock.ts";

/**
 * Locks by name that one at a time holds, between all processes that use the same bucket and
 * prefix. First come, first served; not re-entrant.
 *
 * @example
 * ```ts ignore
 * import { createMutex, type Mutex } from "@shizuku/shizuku/kv";
 *
 * await using mutex: Mutex = createMutex(bucket, { ttlMs: 15_000 });
 * await mutex.withLock("import", ({ signal }) => importAll(signal), { timeoutMs: 500 });
 * ```
 */
export interface Mutex extends Locks {
  /**
   * Waits for a lock.
   *
   * @param name Any text that is not empty.
   * @throws {ShizukuError} `deadline_exceeded` after `timeoutMs`, `canceled` by the signal,
   * `unavailable` if NATS is out of reach for a whole lease. The claim is then taken back.
   */
  acquire(name: string, options?: LockOptions): Promise<Lease>;
  /** Takes a lock if it is free, and gives `null` if it is not. */
  tryAcquire(name: string, options?: TryLockOptions): Promise<Lease | null>;
  /** Runs a function while the lock is held. */
  withLock<T>(
    name: string,
    run: (handle: Lease) => Awaitable<T>,
    options?: LockOptions,
  ): Promise<T>;
}

const KIND: LockKind = {
  prefix: "mutex",
  plural: "mutexes",
  action: (_, name) => `acquire mutex ${JSON.stringify(name)}`,
};

/**
 * Makes mutexes that live in a bucket, one document for each; see {@linkcode createRwLock} for how
 * leases and fences work.
 *
 * @param bucket Opened with `republish: true` and without `ttlMs`.
 * @throws {ShizukuError} `failed_precondition` for another bucket, `invalid_argument` for options
 * that are not valid.
 * @example
 * ```ts ignore
 * import { createMutex, openBucket } from "@shizuku/shizuku/kv";
 *
 * await using mutex = createMutex(await openBucket(nc, "locks", { republish: true }));
 * await mutex.withLock("import", ({ signal }) => importAll(signal), { timeoutMs: 5_000 });
 * ```
 */
export function createMutex(bucket: Bucket, options: LocksOptions = {}): Mutex {
  const space = new LockSpace(bucket, KIND, options);
  return {
    acquire: (name, lockOptions = {}) => space.acquire(name, "write", lockOptions),
    tryAcquire: (name, lockOptions = {}) => space.tryAcquire(name, "write", lockOptions),
    async withLock(name, run, lockOptions = {}) {
      await using handle = await space.acquire(name, "write", lockOptions);
      return await run(handle);
    },
    inspect: (name) => space.inspect(name),
    forceRelease: (name, expectedRevision) => space.forceRelease(name, expectedRevision),
    [Symbol.asyncDispose]: () => space[Symbol.asyncDispose](),
  };
}
