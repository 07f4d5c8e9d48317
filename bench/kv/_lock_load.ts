import type { LockMode } from "../../src/kv/mod.ts";
import { sharedNow } from "../../tests/kv/locks/_clock.ts";
import type { LockWay } from "./_lock_ways.ts";

/** What a process is asked to do. */
export interface LockLoad {
  /** Which way to lock. */
  readonly way: string;
  readonly name: string;
  readonly mode: LockMode;
  /** How many at once. */
  readonly workers: number;
  /** Each once, holding until all have it; or again and again for `turnMs`. */
  readonly isOnce: boolean;
  /** When to begin, on the clock that all processes share. */
  readonly startAt: number;
  readonly turnMs: number;
}

/** When a lock was asked for, granted, given back, and free again; on the shared clock. */
export type Use = readonly [asked: number, granted: number, releasing: number, released: number];

/** Uses a lock as asked. */
export async function loadLock(way: LockWay, load: LockLoad): Promise<Use[]> {
  // No spinning until then: it would take the time of the others that are to begin too.
  const inMs = load.startAt - sharedNow();
  if (inMs > 0) await new Promise((resolve) => setTimeout(resolve, inMs));
  return load.isOnce ? await useOnce(way, load) : await useAgain(way, load);
}

async function useOnce(way: LockWay, { name, mode, workers }: LockLoad): Promise<Use[]> {
  const uses = await Promise.all(Array.from({ length: workers }, async () => {
    const asked = sharedNow();
    const held = await way.acquire(name, mode);
    return { asked, held, granted: sharedNow() };
  }));
  return await Promise.all(uses.map(async ({ asked, held, granted }) => {
    const releasing = sharedNow();
    await held.release();
    return [asked, granted, releasing, sharedNow()] as const;
  }));
}

async function useAgain(way: LockWay, load: LockLoad): Promise<Use[]> {
  const uses: Use[] = [];
  const endsAt = load.startAt + load.turnMs;
  const work = async () => {
    while (sharedNow() < endsAt) {
      const asked = sharedNow();
      const held = await way.acquire(load.name, load.mode);
      const granted = sharedNow();
      await held.release();
      uses.push([asked, granted, granted, sharedNow()]);
    }
  };
  await Promise.all(Array.from({ length: load.workers }, work));
  return uses;
}

/** From one giving the lock back to the next one having it, where that one had waited. */
export function handOffsOf(uses: readonly Use[]): number[] {
  const sorted = [...uses].sort((left, right) => left[1] - right[1]);
  return sorted.slice(1).flatMap(([asked, granted], index) => {
    const releasing = sorted[index]![2];
    return asked < releasing ? [granted - releasing] : [];
  });
}
