import process from "node:process";
import type { Operation } from "../_compare.ts";

/** What the calls of one round came to. */
interface Sample {
  /** Calls per second. */
  perSecond: number;
  /** Microseconds of CPU for each call, user and system, of the process that calls. */
  cpuUs: number;
  /** Bytes that its heap grew by for each call, collections left out. */
  bytes: number;
  /** Milliseconds that 99 of 100 calls stay below. */
  p99Ms: number;
}

/** How to measure. */
export interface CompareCostsOptions {
  /** Calls that are under way at once. */
  inFlight: number;
  /**
   * Calls in a case's turn.
   * @default {20_000}
   */
  calls?: number;
  /**
   * Rounds, in each of which every case has its turn.
   * @default {7}
   */
  rounds?: number;
}

/**
 * Measures what calls cost the process that makes them, and prints a table.
 *
 * The cases take turns; a first round warms them up. Each figure is the median over the rounds, and
 * each ratio the median of the rounds' ratios to the first case: both had the same neighbours.
 */
export async function compareCosts(
  title: string,
  cases: Record<string, Operation>,
  { inFlight, calls = 20_000, rounds = 7 }: CompareCostsOptions,
): Promise<void> {
  const measured = Object.entries(cases).map(([name, operation]) => ({
    name,
    operation,
    samples: [] as Sample[],
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const { operation, samples } of measured) {
      const sample = await measureRound(operation, inFlight, calls);
      if (round > 0) samples.push(sample);
    }
  }
  console.log(`\n${title}, ${inFlight} in flight`);
  const baseline = measured[0]!.samples;
  const width = Math.max(...measured.map(({ name }) => name.length));
  for (const { name, samples } of measured) {
    console.log(`  ${name.padEnd(width)} ${describe(samples, baseline)}`);
  }
}

async function measureRound(
  operation: Operation,
  inFlight: number,
  calls: number,
): Promise<Sample> {
  const latencies: number[] = [];
  const heap = new HeapGrowth();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let left = calls;
  const work = async () => {
    while (left-- > 0) {
      const calledAt = performance.now();
      await operation();
      latencies.push(performance.now() - calledAt);
      if (left % 256 === 0) heap.sample();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((left, right) => left - right);
  return {
    perSecond: calls / ms * 1000,
    cpuUs: (user + system) / calls,
    bytes: heap.bytes / calls,
    p99Ms: latencies[Math.floor(calls * 0.99)]!,
  };
}

/** Adds up by how much the heap grows from sample to sample. */
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

const COLUMNS: { key: keyof Sample; unit: string; digits: number }[] = [
  { key: "perSecond", unit: "/s", digits: 0 },
  { key: "cpuUs", unit: "us CPU", digits: 1 },
  { key: "bytes", unit: "bytes", digits: 0 },
  { key: "p99Ms", unit: "ms p99", digits: 2 },
];

function describe(samples: Sample[], baseline: Sample[]): string {
  return COLUMNS.map(({ key, unit, digits }) => {
    const value = median(samples.map((sample) => sample[key])).toFixed(digits);
    const ratio = median(samples.map((sample, round) => sample[key] / baseline[round]![key]));
    return `${value.padStart(8)} ${unit} x ${ratio.toFixed(2)}`;
  }).join("  ");
}

function median(values: number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]!;
}
