import process from "node:process";

/** How to load something with calls. */
export interface LoadOptions {
  /** Calls that are under way at once. */
  inFlight: number;
  /** How long, in milliseconds. */
  turnMs: number;
  /** Whether to time each call, which costs some throughput. */
  withLatencies?: boolean;
}

/** What a load has shown. */
export interface Load {
  /** How many calls were answered. */
  calls: number;
  /** Calls per second. */
  perSecond: number;
  /** Processor time of this process, in microseconds per call. */
  cpuMicros: number;
  /** Half of the calls took no longer, in milliseconds; not a number unless calls were timed. */
  p50Ms: number;
  /** 99 of 100 calls took no longer. */
  p99Ms: number;
}

/**
 * Keeps so many calls under way for so long.
 *
 * @throws The error of the first call that fails.
 */
export async function runLoad(
  call: () => Promise<unknown>,
  { inFlight, turnMs, withLatencies = false }: LoadOptions,
): Promise<Load> {
  const latencies: number[] = [];
  const timed = async () => {
    const startedAt = performance.now();
    await call();
    latencies.push(performance.now() - startedAt);
  };
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const calls = await repeat(withLatencies ? timed : call, inFlight, turnMs);
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort((left, right) => left - right);
  return {
    calls,
    perSecond: calls / elapsedMs * 1_000,
    cpuMicros: (user + system) / calls,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

async function repeat(
  call: () => Promise<unknown>,
  inFlight: number,
  turnMs: number,
): Promise<number> {
  let calls = 0;
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      await call();
      calls++;
    }
  };
  setTimeout(() => isOver = true, turnMs);
  await Promise.all(Array.from({ length: inFlight }, work));
  return calls;
}

function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
