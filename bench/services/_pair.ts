import { type Side, takeCallTurn } from "../frame/call_turn.ts";
import type { LoadOptions } from "../frame/load.ts";

export type { Side } from "../frame/call_turn.ts";

/** What one turn has shown. */
export interface Turn {
  /** Calls per second. */
  perSecond: number;
  /** Median time of a call in milliseconds. */
  p50Ms: number;
  /** Time that 99 of 100 calls stay below. */
  p99Ms: number;
  /** Processor time of the caller, in microseconds per call. */
  callerMicros: number;
  /** The same of the service. */
  serviceMicros: number;
}

/** What all turns have shown. */
export interface PairResult {
  ours: Turn[];
  baseline: Turn[];
}

/**
 * Loads two sides in turns, so that what else the machine does hits both; a first round warms them
 * up and does not count.
 */
export async function comparePair(
  ours: Side,
  baseline: Side,
  { rounds, ...load }: LoadOptions & { rounds: number },
): Promise<PairResult> {
  const result: PairResult = { ours: [], baseline: [] };
  for (let round = 0; round <= rounds; round++) {
    // Who comes first has the cooler processor.
    const order = round % 2 === 0 ? ["ours", "baseline"] as const : ["baseline", "ours"] as const;
    for (const name of order) {
      const turn = await takeTurn(name === "ours" ? ours : baseline, load);
      if (round > 0) result[name].push(turn);
    }
  }
  return result;
}

async function takeTurn(side: Side, options: LoadOptions): Promise<Turn> {
  const sample = await takeCallTurn(side, options);
  const { perSecond, p50Ms, p99Ms, clientMicros, serviceMicros } = sample as Required<
    typeof sample
  >;
  return { perSecond, p50Ms, p99Ms, callerMicros: clientMicros, serviceMicros };
}
