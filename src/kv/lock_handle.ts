import { ShizukuError } from "../core/mod.ts";
import type { LockMode } from "./lock_state.ts";

/**
 * The lease of a lock is over although it was not released: `aborted`.
 *
 * Recognised by its `name`, as all errors of this library are by their brand.
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
 * A lock that is held, until it is released or lost.
 *
 * @example
 * ```ts ignore
 * await using handle = await locks.acquire("orders.7");
 * await ship(order, { signal: handle.signal, fence: handle.fence });
 * ```
 */
export interface LockHandle extends AsyncDisposable {
  /** The lock's name. */
  readonly name: string;
  /** How it is held. */
  readonly mode: LockMode;
  /** Aborts with a {@linkcode LockLostError} if the lease is lost. */
  readonly signal: AbortSignal;
  /**
   * Grows with every grant that excludes an earlier one. A resource that refuses smaller ones than
   * it has seen is safe also from a process that slept through the end of its lease.
   *
   * @throws {LockLostError} Once it is lost.
   * @throws {ShizukuError} `failed_precondition` once it is released.
   */
  readonly fence: bigint;
  /**
   * Checks that the lease still runs, by this process's own clock.
   *
   * @throws {LockLostError} Once it is lost.
   * @throws {ShizukuError} `failed_precondition` once it is released.
   */
  assertHeld(): void;
  /**
   * Gives the lock back. Again: does nothing. It never rejects: what cannot be given back because
   * NATS is out of reach ends with its lease.
   */
  release(): Promise<void>;
}
