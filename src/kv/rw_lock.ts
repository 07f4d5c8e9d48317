import type { Awaitable } from "../core/mod.ts";
import { refuse } from "./_check_lock.ts";
import { type LockKind, LockSpace } from "./_lock_space.ts";
import type { Bucket } from "./bucket.ts";
import type { LockHandle } from "./lock_handle.ts";
import type { LockOptions, LocksOptions, TryLockOptions } from "./lock_options.ts";
import type { LockReport } from "./lock_report.ts";
import type { LockMode } from "./lock_state.ts";

/**
 * What all kinds of locks can do besides. Disposing of one gives back all and ends every wait.
 *
 * @example The same for every kind of lock
 * ```ts ignore
 * import { createRwLock } from "@shizuku/shizuku/kv";
 *
 * await using locks = createRwLock(bucket);
 * const { holders, waiters, revision } = await locks.inspect("orders.7");
 * if (waiters.length > 100) await locks.forceRelease("orders.7", revision);
 * ```
 */
export interface Locks extends AsyncDisposable {
  /**
   * Tells who holds a lock and who waits for it, since when and in which process.
   *
   * @example
   * ```ts ignore
   * console.log(`${await locks.inspect("orders.7")}`);
   * // "orders.7" in bucket locks, revision 42: 1 hold, 1 wait
   * //   holds  write  12.3 s  shipping  host-a/1234  lease 30 s
   * //   waits  read   4.0 s   report    host-b/77    lease 30 s
   * ```
   */
  inspect(name: string): Promise<LockReport>;
  /**
   * Takes a lock away from whoever holds it; who waits is granted at once. Who held it hears of it
   * with its next renewal, a third of its lease later at most, and may work on until then: only a
   * resource that checks fences is safe from it.
   *
   * @param expectedRevision That of the report on which the decision is based.
   * @returns The new revision.
   * @throws {ShizukuError} `aborted` if the lock has another revision.
   */
  forceRelease(name: string, expectedRevision: number): Promise<number>;
}

/**
 * Options of {@linkcode RwLock.acquire}.
 *
 * @example
 * ```ts ignore
 * await using handle = await locks.acquire("orders.7", { mode: "read", timeoutMs: 500, signal });
 * ```
 */
export interface AcquireOptions extends LockOptions {
  /**
   * Readers share a lock, a writer has it alone.
   * @default {"write"}
   */
  mode?: LockMode;
}

/**
 * Options of {@linkcode RwLock.tryAcquire}.
 *
 * @example
 * ```ts ignore
 * await using handle = await locks.tryAcquire("orders.7", { mode: "read", ttlMs: 15_000 });
 * if (handle === null) console.log("Somebody writes");
 * ```
 */
export interface TryAcquireOptions extends TryLockOptions {
  /**
   * Readers share a lock, a writer has it alone.
   * @default {"write"}
   */
  mode?: LockMode;
}

/**
 * Read-write locks by name, between all processes that use the same bucket and prefix.
 *
 * First come, first served; a waiting writer holds back readers that come later. Locks are not
 * re-entrant.
 *
 * @example
 * ```ts ignore
 * import { createRwLock, type RwLock } from "@shizuku/shizuku/kv";
 *
 * await using locks: RwLock = createRwLock(bucket);
 * const total = await locks.withRead("orders.7", () => sum("7"));
 * await locks.withWrite("orders.7", ({ signal }) => ship(order, { signal }), { timeoutMs: 500 });
 * ```
 */
export interface RwLock extends Locks {
  /**
   * Waits for a lock.
   *
   * @param name Any text that is not empty.
   * @throws {ShizukuError} `deadline_exceeded` after `timeoutMs`, `canceled` by the signal,
   * `unavailable` if NATS is out of reach for a whole lease. The claim is then taken back.
   */
  acquire(name: string, options?: AcquireOptions): Promise<LockHandle>;
  /** Takes a lock if it is free, and gives `null` if it is not. */
  tryAcquire(name: string, options?: TryAcquireOptions): Promise<LockHandle | null>;
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

const KIND: LockKind = {
  prefix: "lock",
  plural: "locks",
  action: (mode, name) => `acquire ${mode} lock ${JSON.stringify(name)}`,
};

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
export function createRwLock(bucket: Bucket, options: LocksOptions = {}): RwLock {
  return new BucketRwLock(new LockSpace(bucket, KIND, options));
}

class BucketRwLock implements RwLock {
  readonly #space: LockSpace;

  constructor(space: LockSpace) {
    this.#space = space;
  }

  async acquire(name: string, options: AcquireOptions = {}): Promise<LockHandle> {
    return await this.#space.acquire(name, modeOf(name, options), options);
  }

  async tryAcquire(name: string, options: TryAcquireOptions = {}): Promise<LockHandle | null> {
    return await this.#space.tryAcquire(name, modeOf(name, options), options);
  }

  async withRead<T>(
    name: string,
    run: (handle: LockHandle) => Awaitable<T>,
    options: LockOptions = {},
  ): Promise<T> {
    await using handle = await this.#space.acquire(name, "read", options);
    return await run(handle);
  }

  async withWrite<T>(
    name: string,
    run: (handle: LockHandle) => Awaitable<T>,
    options: LockOptions = {},
  ): Promise<T> {
    await using handle = await this.#space.acquire(name, "write", options);
    return await run(handle);
  }

  inspect(name: string): Promise<LockReport> {
    return this.#space.inspect(name);
  }

  forceRelease(name: string, expectedRevision: number): Promise<number> {
    return this.#space.forceRelease(name, expectedRevision);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#space[Symbol.asyncDispose]();
  }
}

function modeOf(name: string, { mode = "write" }: { mode?: LockMode }): LockMode {
  if (mode === "read" || mode === "write") return mode;
  return refuse(KIND.action("write", name), "mode", '"read" or "write"', mode);
}
