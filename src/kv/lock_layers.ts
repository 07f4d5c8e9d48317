import {
  type AnyLayer,
  type Context,
  type ContextKey,
  contextKey,
  type Process,
  ShizukuError,
} from "../core/mod.ts";
import type { Election } from "./election.ts";
import type { Lease } from "./lock_handle.ts";
import type { LockOptions } from "./lock_options.ts";
import type { RwLock } from "./rw_lock.ts";

/**
 * Name of the lock that an input needs: always the same one, or read from it.
 *
 * @example One for each order, or one for all
 * ```ts ignore
 * import { writeLocked } from "@shizuku/shizuku/kv";
 *
 * const perOrder = writeLocked(locks, (order: Order) => `orders.${order.id}`);
 * const all = writeLocked(locks, "orders");
 * ```
 */
export type LockKey<I> = string | ((input: I, ctx: Context) => string);

/**
 * Options of {@linkcode readLocked} and {@linkcode writeLocked}; the signal is the context's.
 *
 * @example
 * ```ts ignore
 * import { writeLocked } from "@shizuku/shizuku/kv";
 *
 * const layer = writeLocked(locks, (order: Order) => order.id, { timeoutMs: 500, ttlMs: 15_000 });
 * ```
 */
export type LockedOptions = Omit<LockOptions, "signal">;

/**
 * A {@linkcode RwLock} or a {@linkcode Mutex}.
 *
 * @example Read-write locks as well as mutexes
 * ```ts ignore
 * import { writeLocked } from "@shizuku/shizuku/kv";
 *
 * const byLock = writeLocked(locks, (order: Order) => order.id);
 * const byMutex = writeLocked(mutex, (order: Order) => order.id);
 * ```
 */
export interface WriteLockable {
  /** Waits for a lock, to hold it alone. */
  acquire(name: string, options?: LockOptions & { mode?: "write" }): Promise<Lease>;
}

/**
 * Where {@linkcode readLocked}, {@linkcode writeLocked} and {@linkcode leaderOnly} put the fence of
 * the lock.
 *
 * @example
 * ```ts ignore
 * import { fenceKey, writeLocked } from "@shizuku/shizuku/kv";
 * import { stack } from "@shizuku/shizuku/core";
 *
 * const ship = stack(
 *   (order: Order, ctx) => orders.put({ id: order.id }, order, ctx.get(fenceKey) ?? 0n),
 *   writeLocked(locks, (order) => order.id),
 * );
 * ```
 */
export const fenceKey: ContextKey<bigint> = contextKey<bigint>("lock fence");

/**
 * Holds the read lock of a key while a processor runs.
 *
 * Input and output pass through unchanged. The wait for the lock ends with `ctx.signal`. The
 * processor's `ctx.signal` aborts also if the lease is lost.
 *
 * @param key Lock key of an input, such as `(ticket) => ticket.id`.
 * @param options Lease and longest wait.
 * @throws {ShizukuError} `deadline_exceeded` if others hold the lock for too long.
 * @example Many may read while nobody writes
 * ```ts ignore
 * const show = stack(showTicket, readLocked(locks, (request) => request.id));
 * ```
 */
export function readLocked<I>(
  lock: Pick<RwLock, "acquire">,
  key: LockKey<I>,
  options: LockedOptions = {},
): <O>(next: Process<I, O>) => Process<I, O> {
  return locked(key, (name, signal) => lock.acquire(name, { ...options, mode: "read", signal }));
}

/**
 * Holds the write lock, or the mutex, of a key while a processor runs.
 *
 * Input and output pass through unchanged. The wait for the lock ends with `ctx.signal`. The
 * processor's `ctx.signal` aborts also if the lease is lost, and `ctx.get(fenceKey)` is the fence,
 * for a resource that checks it.
 *
 * @param key Lock key of an input, such as `(order) => order.id`.
 * @param options Lease and longest wait.
 * @throws {ShizukuError} `deadline_exceeded` if others hold the lock for too long.
 * @example One writer per order
 * ```ts ignore
 * const ship = stack(
 *   (order: Order, ctx) => carrier.ship(order, { fence: ctx.get(fenceKey), signal: ctx.signal }),
 *   writeLocked(locks, (order) => order.id),
 * );
 * ```
 * @see ADR-8 (KV revisions), from which fences come
 */
export function writeLocked<I>(
  lock: WriteLockable,
  key: LockKey<I>,
  options: LockedOptions = {},
): <O>(next: Process<I, O>) => Process<I, O> {
  return locked(key, (name, signal) => lock.acquire(name, { ...options, mode: "write", signal }));
}

/**
 * Lets a processor run only while this process leads.
 *
 * Input and output pass through unchanged. The processor's `ctx.signal` aborts also if the
 * leadership is lost or given up, and `ctx.get(fenceKey)` is the term.
 *
 * @throws {ShizukuError} `unavailable` while another process leads: who tries again may reach the
 * leader.
 * @example
 * ```ts ignore
 * const rebuild = stack(rebuildIndex, leaderOnly(election));
 * ```
 */
export function leaderOnly(election: Pick<Election, "name" | "leadership">): AnyLayer {
  return (next) => async (input, ctx) => {
    const { leadership } = election;
    if (leadership === undefined) {
      throw new ShizukuError(
        "unavailable",
        `This process must be the leader of ${JSON.stringify(election.name)}, and is not`,
        { stage: "pre" },
      );
    }
    using owned = withLease(ctx, leadership);
    return await next(input, owned);
  };
}

function locked<I>(
  key: LockKey<I>,
  acquire: (name: string, signal: AbortSignal) => Promise<Lease>,
): <O>(next: Process<I, O>) => Process<I, O> {
  return (next) => async (input, ctx) => {
    const name = typeof key === "string" ? key : key(input, ctx);
    await using handle = await acquire(name, ctx.signal);
    using owned = withLease(ctx, handle);
    return await next(input, owned);
  };
}

function withLease(ctx: Context, lease: Lease): ReturnType<Context["with"]> {
  return ctx.with({ signal: () => lease.signal, values: [[fenceKey, lease.fence]] });
}
