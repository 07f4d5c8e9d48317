import type { PairResult, Turn } from "../services/_pair.ts";
import type { Participant } from "../services/_participant.ts";

/** One of two ways to publish. */
export interface Way {
  publisher: Participant;
  /** What it repeats. */
  call: string;
  /** Calls that are under way at once. */
  inFlight: number;
  /** Events of one call. */
  events?: number;
}

/** Has two ways publish in turns; a first round warms them up and does not count. */
export async function race(
  ours: Way,
  baseline: Way,
  { rounds, turnMs }: { rounds: number; turnMs: number },
): Promise<PairResult> {
  const result: PairResult = { ours: [], baseline: [] };
  for (let round = 0; round <= rounds; round++) {
    // Who comes first has the cooler processor.
    const order = round % 2 === 0 ? ["ours", "baseline"] as const : ["baseline", "ours"] as const;
    for (const name of order) {
      const turn = await takeTurn(name === "ours" ? ours : baseline, turnMs);
      if (round > 0) result[name].push(turn);
    }
  }
  return result;
}

async function takeTurn(
  { publisher, call, inFlight, events = 1 }: Way,
  turnMs: number,
): Promise<Turn> {
  const { perSecond, cpuMicros, p50Ms, p99Ms } = await publisher.load(call, { inFlight, turnMs });
  return {
    perSecond: perSecond * events,
    callerMicros: cpuMicros / events,
    serviceMicros: Number.NaN,
    p50Ms,
    p99Ms,
  };
}
