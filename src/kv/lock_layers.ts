import { type Context, type ContextKey, contextKey, type Process } from "../core/mod.ts";
import type { LockMode } from "./lock_state.ts";
import type { LockOptions, RwLock } from "./rw_lock.ts";

/** Name of the lock that an input needs: always the same one, or read from it. */
export type LockKey<I> = string | ((input: I, ctx: Context) => string);

/** Where {@linkcode readLocked} and {@linkcode writeLocked} put the fence of the lock. */
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
  lock: RwLock,
  key: LockKey<I>,
  options: Omit<LockOptions, "signal"> = {},
): <O>(next: Process<I, O>) => Process<I, O> {
  return locked("read", lock, key, options);
}

/**
 * Holds the write lock of a key while a processor runs.
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
  lock: RwLock,
  key: LockKey<I>,
  options: Omit<LockOptions, "signal"> = {},
): <O>(next: Process<I, O>) => Process<I, O> {
  return locked("write", lock, key, options);
}

function locked<I>(
  mode: LockMode,
  lock: RwLock,
  key: LockKey<I>,
  options: Omit<LockOptions, "signal">,
): <O>(next: Process<I, O>) => Process<I, O> {
  return (next) => async (input, ctx) => {
    const name = typeof key === "string" ? key : key(input, ctx);
    await using handle = await lock.acquire(name, { ...options, mode, signal: ctx.signal });
    return await next(
      input,
      ctx.with({ signal: handle.signal, values: [[fenceKey, handle.fence]] }),
    );
  };
}
