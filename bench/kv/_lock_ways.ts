import type { NatsConnection } from "@nats-io/nats-core";
import { type KV, Kvm } from "@nats-io/kv";
import { createRwLock, type LockMode, openBucket } from "../../src/kv/mod.ts";

/** A lock that is held. */
export interface Held {
  release(): Promise<void>;
}

/** One way to lock. */
export interface LockWay extends AsyncDisposable {
  acquire(name: string, mode?: LockMode): Promise<Held>;
}

/** Bucket of all locks, and of the raw puts that they are measured against. */
export const BUCKET = "bench-locks";

/** The ways that are compared. */
export const WAYS: Readonly<Record<string, (nc: NatsConnection) => Promise<LockWay>>> = {
  shizuku: openShizuku,
  polling: openPolling,
  spinning: openSpinning,
};

async function openShizuku(nc: NatsConnection): Promise<LockWay> {
  const locks = createRwLock(await openBucket(nc, BUCKET));
  return {
    acquire: (name, mode = "write") => locks.acquire(name, { mode }),
    [Symbol.asyncDispose]: () => locks[Symbol.asyncDispose](),
  };
}

/** What the polling lock keeps under its key. */
interface PolledState {
  mode: LockMode | null;
  readers: number;
  writer_waiting: boolean;
  acquired_at: number;
}

const FREE: PolledState = { mode: null, readers: 0, writer_waiting: false, acquired_at: 0 };

/** How often a polled lock is looked at: in milliseconds, by chance. */
const [POLL_LEAST_MS, POLL_MOST_MS] = [20, 120];
/** After so long a polled lock counts as forgotten. */
const EXPIRY_MS = 60_000;

/**
 * For comparison only: a state that everybody polls, and writes by compare-and-set when it is free.
 * It has no queue, no renewal, no fence and no cancel.
 */
async function openPolling(nc: NatsConnection): Promise<LockWay> {
  const kv = await new Kvm(nc).open(BUCKET);
  return {
    async acquire(name, mode = "write") {
      const key = `polling.${name}`;
      while (!await takePolled(kv, key, mode)) {
        const ms = POLL_LEAST_MS + Math.random() * (POLL_MOST_MS - POLL_LEAST_MS);
        await new Promise((resolve) => setTimeout(resolve, ms));
      }
      return { release: () => releasePolled(kv, key) };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function takePolled(kv: KV, key: string, mode: LockMode): Promise<boolean> {
  const entry = await kv.get(key);
  const found = entry?.json<PolledState>() ?? FREE;
  const isExpired = Date.now() - found.acquired_at > EXPIRY_MS;
  const isFree = found.mode === null || isExpired ||
    (mode === "read" && found.mode === "read" && !found.writer_waiting);
  const next: PolledState = !isFree
    ? { ...found, writer_waiting: found.writer_waiting || mode === "write" }
    : mode === "write"
    ? { mode, readers: 0, writer_waiting: false, acquired_at: Date.now() }
    : { ...found, mode, readers: found.readers + 1, acquired_at: Date.now() };
  if (!isFree && next.writer_waiting === found.writer_waiting) return false;
  try {
    await kv.put(key, JSON.stringify(next), { previousSeq: entry?.revision ?? 0 });
    return isFree;
  } catch {
    // Somebody else came first; the next look tells.
    return false;
  }
}

async function releasePolled(kv: KV, key: string): Promise<void> {
  for (;;) {
    const entry = await kv.get(key);
    const found = entry?.json<PolledState>() ?? FREE;
    const readers = Math.max(0, found.readers - 1);
    const next = found.mode === "read" && readers > 0
      ? { ...found, readers }
      : { ...FREE, writer_waiting: found.writer_waiting };
    try {
      await kv.put(key, JSON.stringify(next), { previousSeq: entry?.revision ?? 0 });
      return;
    } catch {
      // Somebody else came first: again.
    }
  }
}

/** For comparison only: who can create the key has the lock, and the others try without a pause. */
async function openSpinning(nc: NatsConnection): Promise<LockWay> {
  const kv = await new Kvm(nc).open(BUCKET);
  return {
    async acquire(name) {
      const key = `spinning.${name}`;
      for (;;) {
        try {
          await kv.create(key, "");
          return { release: () => kv.delete(key) };
        } catch {
          // It is there: again.
        }
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
