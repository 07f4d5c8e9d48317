import type { Awaitable } from "../core/mod.ts";
import { refuse } from "./_check_lock.ts";
import { LockSpace } from "./_lock_space.ts";
import type { Bucket } from "./bucket.ts";
import type { Lease } from "./lock_handle.ts";
import type { LockOptions, LocksOptions, TryLockOptions } from "./lock_options.ts";
import type { Locks } from "./rw_lock.ts";

/**
 * Options of {@linkcode createSemaphore}.
 *
 * @example
 * ```ts ignore
 * import { createSemaphore } from "@shizuku/shizuku/kv";
 *
 * await using printers = createSemaphore(bucket, { permits: 3, ttlMs: 15_000 });
 * ```
 */
export interface SemaphoreOptions extends LocksOptions {
  /**
   * How many may hold one semaphore at once, at least 1. Where processes disagree, for instance
   * while a new version is rolled out, what the latest of them says counts; nobody who holds loses it.
   */
  permits: number;
}

/**
 * Semaphores by name: up to so many hold one at once, of all processes that use the same bucket and
 * prefix. First come, first served.
 *
 * @example
 * ```ts ignore
 * await using permit = await printers.acquire("second floor", { timeoutMs: 500, signal });
 * console.log(printers.permits, permit.name); // 3 second floor
 * ```
 */
export interface Semaphore extends Locks {
  /** How many may hold one at once. */
  readonly permits: number;
  /**
   * Waits for a permit.
   *
   * @param name Any text that is not empty.
   * @throws {ShizukuError} `deadline_exceeded` after `timeoutMs`, `canceled` by the signal,
   * `unavailable` if NATS is out of reach for a whole lease. The claim is then taken back.
   */
  acquire(name: string, options?: LockOptions): Promise<Lease>;
  /** Takes a permit if one is free, and gives `null` if none is. */
  tryAcquire(name: string, options?: TryLockOptions): Promise<Lease | null>;
  /** Runs a function while a permit is held. */
  withPermit<T>(
    name: string,
    run: (handle: Lease) => Awaitable<T>,
    options?: LockOptions,
  ): Promise<T>;
}

/**
 * Makes semaphores that live in a bucket, one document for each; see {@linkcode createRwLock} for
 * how leases work. Permits do not exclude each other, so that their fences only tell who came later.
 *
 * @param bucket Opened with `republish: true` and without `ttlMs`.
 * @throws {ShizukuError} `failed_precondition` for another bucket, `invalid_argument` for options
 * that are not valid.
 * @example At most three processes at a time use a slow system
 * ```ts ignore
 * import { createSemaphore, openBucket } from "@shizuku/shizuku/kv";
 *
 * const bucket = await openBucket(nc, "locks", { republish: true });
 * await using printers = createSemaphore(bucket, { permits: 3 });
 * await printers.withPermit("second floor", ({ signal }) => print(pages, signal));
 * ```
 */
export function createSemaphore(bucket: Bucket, options: SemaphoreOptions): Semaphore {
  const { permits } = options;
  if (!Number.isInteger(permits) || permits < 1) {
    refuse("create semaphores", "permits", "a whole number of at least 1", permits);
  }
  const space = new LockSpace(bucket, {
    prefix: "semaphore",
    plural: "semaphores",
    action: (_, name) => `acquire semaphore ${JSON.stringify(name)}`,
    limit: permits,
  }, options);
  return {
    permits,
    acquire: (name, lockOptions = {}) => space.acquire(name, "read", lockOptions),
    tryAcquire: (name, lockOptions = {}) => space.tryAcquire(name, "read", lockOptions),
    async withPermit(name, run, lockOptions = {}) {
      await using handle = await space.acquire(name, "read", lockOptions);
      return await run(handle);
    },
    inspect: (name) => space.inspect(name),
    forceRelease: (name, expectedRevision) => space.forceRelease(name, expectedRevision),
    [Symbol.asyncDispose]: () => space[Symbol.asyncDispose](),
  };
}
