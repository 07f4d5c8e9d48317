import { resourceName } from "../core/mod.ts";
import { createRwLock, openBucket, type RwLock } from "../kv/mod.ts";
import type { ComponentPlace } from "./component_kv.ts";

/** A component's own locks. */
export interface ComponentLocks {
  /** Read-write locks, by name. */
  readonly rw: RwLock;
}

/**
 * Makes a component's locks. All components of a namespace share one bucket, which is opened when
 * the first lock is needed.
 */
export function createComponentLocks(
  { nc, component, namespace }: ComponentPlace,
): ComponentLocks & AsyncDisposable {
  let opened: Promise<RwLock> | undefined;
  const open = () => opened ??= openLocks();
  const openLocks = async () => {
    const bucket = await openBucket(nc, resourceName(namespace, "locks"), { republish: true });
    return createRwLock(bucket, { prefix: component });
  };
  const dispose = async () => await (await opened)?.[Symbol.asyncDispose]();
  const rw: RwLock = {
    acquire: async (name, options) => await (await open()).acquire(name, options),
    tryAcquire: async (name, options) => await (await open()).tryAcquire(name, options),
    withRead: async (name, run, options) => await (await open()).withRead(name, run, options),
    withWrite: async (name, run, options) => await (await open()).withWrite(name, run, options),
    [Symbol.asyncDispose]: dispose,
  };
  return { rw, [Symbol.asyncDispose]: dispose };
}
