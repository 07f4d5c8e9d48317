import process from "node:process";
import type { Operation } from "../_compare.ts";

/** What one call of a case costs this process. */
interface Cost {
  /** Microseconds of CPU, user and system. */
  cpuUs: number;
  /** Bytes that the heap grew by between two collections. */
  bytes: number;
  /** Milliseconds that all but one of a hundred calls stay below. */
  p99Ms: number;
}

/** Calls of a case in one round. */
const CALLS = 40_000;
const ROUNDS = 5;

/**
 * Measures what calls cost the process that makes them, in interleaved rounds, and prints medians
 * and their share of the first case.
 */
export async function measureCost(
  title: string,
  cases: Record<string, Operation>,
  inFlight: number,
): Promise<void> {
  const samples = Object.entries(cases).map(([name, operation]) => ({
    name,
    operation,
    costs: [] as Cost[],
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { operation, costs } of samples) {
      const cost = await measureRound(operation, inFlight);
      if (round > 0) costs.push(cost);
    }
  }
  console.log(`\ncost of a ${title} to the caller, ${inFlight} in flight`);
  const baseline = samples[0]!.costs;
  for (const { name, costs } of samples) {
    const columns = (["cpuUs", "bytes", "p99Ms"] as const).map((key) => {
      const value = median(costs.map((cost) => cost[key]));
      const ratio = median(costs.map((cost, round) => cost[key] / baseline[round]![key]));
      const digits = key === "bytes" ? 0 : 1;
      return `${value.toFixed(digits).padStart(7)} x ${ratio.toFixed(2)}`;
    });
    const [cpu, bytes, p99] = columns;
    console.log(`  ${name.padEnd(26)} ${cpu} us CPU ${bytes} bytes ${p99} ms p99`);
  }
}

async function measureRound(operation: Operation, inFlight: number): Promise<Cost> {
  const latencies: number[] = [];
  const heap = new HeapGrowth();
  const cpu = process.cpuUsage();
  let left = CALLS;
  const work = async () => {
    while (left-- > 0) {
      const startedAt = performance.now();
      await operation();
      latencies.push(performance.now() - startedAt);
      if (left % 256 === 0) heap.sample();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((left, right) => left - right);
  return {
    cpuUs: (user + system) / CALLS,
    bytes: heap.bytes / CALLS,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)]!,
  };
}

/** Adds up by how much the heap grows from sample to sample; a collection in between adds nothing. */
class HeapGrowth {
  bytes = 0;
  #last = used();

  sample(): void {
    const now = used();
    this.bytes += Math.max(0, now - this.#last);
    this.#last = now;
  }
}

function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function median(values: number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)]!;
}
