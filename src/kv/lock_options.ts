/**
 * Options of everything that makes locks.
 *
 * @example
 * ```ts ignore
 * import { createRwLock } from "@shizuku/shizuku/kv";
 *
 * await using locks = createRwLock(bucket, { prefix: "orders", ttlMs: 15_000, signal });
 * ```
 */
export interface LocksOptions {
  /**
   * First tokens of the keys, so that several kinds of locks share a bucket. By default `lock`,
   * `mutex`, `semaphore` or `election`.
   */
  prefix?: string;
  /**
   * Lease in milliseconds, at least 100: how long a process may be silent before others take it
   * for dead. Electing a leader takes a cluster 4 to 9 seconds; with replicas, stay above 15,000.
   * @default {30000}
   */
  ttlMs?: number;
  /**
   * Which process this is, for people who {@linkcode Locks.inspect} a lock: host and process id,
   * for instance. By default how the server knows it: `client 7 at 10.0.0.5`, after the name of the
   * connection if it has one.
   */
  process?: string;
  /** Gives back every lock and ends every wait. */
  signal?: AbortSignal;
}

/**
 * Options for one attempt to take a lock.
 *
 * @example
 * ```ts ignore
 * await using lease = await mutex.tryAcquire("import", { owner: "nightly import", ttlMs: 60_000 });
 * if (lease === null) console.log("Somebody imports already");
 * ```
 */
export interface TryLockOptions {
  /** Lease in milliseconds, at least 100. By default that of the {@linkcode LocksOptions}. */
  ttlMs?: number;
  /** Who it is or what for, for people who look at the lock. */
  owner?: string;
}

/**
 * Options for one use of a lock.
 *
 * @example
 * ```ts ignore
 * await using lease = await mutex.acquire("import", { timeoutMs: 500, signal });
 * ```
 */
export interface LockOptions extends TryLockOptions {
  /** Longest wait in milliseconds. By default without limit. */
  timeoutMs?: number;
  /** Ends the wait. It has no effect on a lock that is held already. */
  signal?: AbortSignal;
}
