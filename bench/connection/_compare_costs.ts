import process from "node:process";
import { contest } from "../frame/contest.ts";
import { cpuMicros } from "../frame/load.ts";
import type { CaseResult, Sample } from "../frame/model.ts";
import { runtime } from "../frame/report.ts";
import { processMicros } from "../frame/server_cpu.ts";
import { percentile } from "../frame/statistics.ts";

/** One operation; a promise is awaited. */
export type Operation = () => unknown;

/** How to measure. */
export interface CompareCostsOptions {
  /** Calls that are under way at once. */
  inFlight: number;
  /**
   * Calls in a case's turn.
   * @default {20_000}
   */
  calls?: number;
  /** Rounds, in each of which every case has its turn. */
  rounds: number;
  /** Processes whose processor time is told too: of whoever answers, if anybody does, and the server. */
  pids: { service?: number; server: number | undefined };
}

/**
 * Measures what calls cost the process that makes them: time, processor, and bytes of its heap.
 *
 * @param cases Each way to make the call; the first one is the baseline, the others are ours.
 */
export async function compareCosts(
  title: string,
  cases: Record<string, Operation>,
  { inFlight, calls = 20_000, rounds, pids }: CompareCostsOptions,
): Promise<CaseResult> {
  const contestants = Object.entries(cases).map(([name, operation], index) => ({
    name,
    isOurs: index > 0,
    turn: () => measureTurn(operation, inFlight, calls, pids),
  }));
  const name = `${title}, ${inFlight.toLocaleString("en")} in flight`;
  return await contest(name, contestants, { rounds, baseline: Object.keys(cases)[0]! });
}

/** Takes a turn; tells what it costs each process. */
async function measureTurn(
  operation: Operation,
  inFlight: number,
  calls: number,
  { service, server }: CompareCostsOptions["pids"],
): Promise<Sample> {
  const used = () => Promise.all([processMicros(service), processMicros(server)]);
  const before = await used();
  const sample = await measureCaller(operation, inFlight, calls);
  const after = await used();
  const [serviceMicros, serverMicros] = after.map((micros, index) =>
    (micros - before[index]!) / calls
  );
  return { ...sample, serviceMicros: serviceMicros!, serverMicros: serverMicros! };
}

async function measureCaller(
  operation: Operation,
  inFlight: number,
  calls: number,
): Promise<Sample> {
  const latencies: number[] = [];
  const heap = new HeapGrowth();
  const cpuBefore = cpuMicros();
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
  latencies.sort((left, right) => left - right);
  return {
    perSecond: calls / ms * 1000,
    clientMicros: (cpuMicros() - cpuBefore) / calls,
    // Bun counts its heap only when it collects garbage.
    bytesEach: runtime() === "bun" ? Number.NaN : heap.bytes / calls,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
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
