import { ShizukuError } from "../core/mod.ts";
import type { LockMode } from "./lock_state.ts";

/**
 * The lease of a lock is over although it was not released: `aborted`.
 *
 * Recognised by its `name`, as all errors of this library are by their brand.
 *
 * @example
 * ```ts ignore
 * try {
 *   await locks.withWrite("orders.7", ({ signal }) => ship(order, { signal }));
 * } catch (error) {
 *   if (error instanceof Error && error.name === "LockLostError") console.warn(error.message);
 *   else throw error;
 * }
 * ```
 */
export class LockLostError extends ShizukuError {
  /** By which it is recognised. */
  override readonly name: string = "LockLostError";
  /** The lock's name. */
  readonly lock: string;

  /**
   * Says which lock, and how it came about.
   *
   * @param lock The lock's name.
   * @param reason To end the message with.
   */
  constructor(lock: string, reason: string) {
    super("aborted", `Lost lock ${JSON.stringify(lock)}: ${reason}`);
    this.lock = lock;
  }
}

/**
 * Something that is held under a lease, until it is released or lost.
 *
 * @example
 * ```ts ignore
 * await using lease = await mutex.acquire("import", { timeoutMs: 500 });
 * await importAll(lease.signal);
 * lease.assertHeld();
 * ```
 */
export interface Lease extends AsyncDisposable {
  /** The lock's name. */
  readonly name: string;
  /** Aborts with a {@linkcode LockLostError} if the lease is lost. */
  readonly signal: AbortSignal;
  /**
   * Grows with every grant that excludes an earlier one. A resource that refuses smaller ones than
   * it has seen is safe also from a process that slept through the end of its lease, see
   * {@linkcode fenced}.
   *
   * @throws {LockLostError} Once it is lost.
   * @throws {ShizukuError} `failed_precondition` once it is released.
   */
  readonly fence: bigint;
  /** When the bucket was made: fences of another bucket, of the same name too, do not compare. */
  readonly bucketCreated: Date;
  /**
   * Checks that the lease still runs, by this process's own clock.
   *
   * @throws {LockLostError} Once it is lost.
   * @throws {ShizukuError} `failed_precondition` once it is released.
   */
  assertHeld(): void;
  /**
   * Gives it back. Again: does nothing. It never rejects: what cannot be given back because NATS is
   * out of reach is tried again in the background, and ends with its lease.
   */
  release(): Promise<void>;
}

/**
 * A read-write lock that is held.
 *
 * @example
 * ```ts ignore
 * await using handle = await locks.acquire("orders.7");
 * await ship(order, { signal: handle.signal, fence: handle.fence });
 * ```
 */
export interface LockHandle extends Lease {
  /** How it is held. */
  readonly mode: LockMode;
  /**
   * Goes on as a reader, so that other readers come in. A reader stays one. The fence stays, and
   * like `release()` it does not fail if NATS is out of reach.
   *
   * @throws {LockLostError} Once it is lost.
   */
  downgrade(): Promise<void>;
  /**
   * Becomes a writer if nobody else holds the lock, also before those who wait for it. It does not
   * wait: of two readers that waited for each other, neither would come to an end.
   *
   * @returns Whether it is a writer now. Its fence is then a new one.
   * @throws {LockLostError} Once it is lost.
   * @throws {ShizukuError} `unavailable` or `deadline_exceeded` if NATS is out of reach; it is still
   * a reader then.
   */
  tryUpgrade(): Promise<boolean>;
}
