import process from "node:process";
import { percentile } from "./statistics.ts";

/** How to load something with calls. */
export interface LoadOptions {
  /** Calls that are under way at once. */
  inFlight: number;
  /** How long, in milliseconds. */
  turnMs: number;
}

/** What a load has shown. */
export interface Load {
  /** How many calls were answered. */
  calls: number;
  /** Calls per second. */
  perSecond: number;
  /** Processor time of this process, in microseconds per call. */
  cpuMicros: number;
  /** Half of the calls that were timed took no longer, in milliseconds. */
  p50Ms: number;
  /** 99 of 100 of them took no longer. */
  p99Ms: number;
  /** Memory of this process afterwards, in MiB. */
  memoryMiB: number;
}

/** With many in flight every so many calls are timed, since timing each costs throughput. */
const TIMED = 8;

/**
 * Keeps so many calls under way for so long.
 *
 * @throws The error of the first call that fails.
 */
export async function runLoad(
  call: () => Promise<unknown>,
  { inFlight, turnMs }: LoadOptions,
): Promise<Load> {
  const latencies: number[] = [];
  const timedEach = inFlight === 1 ? 1 : TIMED;
  const cpuBefore = cpuMicros();
  const startedAt = performance.now();
  const calls = await repeat(call, inFlight, turnMs, timedEach, latencies);
  const elapsedMs = performance.now() - startedAt;
  const used = cpuMicros() - cpuBefore;
  latencies.sort((left, right) => left - right);
  return {
    calls,
    perSecond: calls / elapsedMs * 1_000,
    cpuMicros: used / calls,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    memoryMiB: memoryMiB(),
  };
}

async function repeat(
  call: () => Promise<unknown>,
  inFlight: number,
  turnMs: number,
  timedEach: number,
  latencies: number[],
): Promise<number> {
  const endsAt = performance.now() + turnMs;
  let started = 0;
  let calls = 0;
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      if (started++ % timedEach === 0) {
        const startedAt = performance.now();
        await call();
        const endedAt = performance.now();
        latencies.push(endedAt - startedAt);
        // Not by a timer: calls that never leave the microtasks would keep it from coming.
        isOver ||= endedAt >= endsAt;
      } else await call();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return calls;
}

/** Processor time of this process, user and system, in microseconds. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Memory of this process as the system counts it, in MiB. */
export function memoryMiB(): number {
  return process.memoryUsage().rss / 1_048_576;
}
