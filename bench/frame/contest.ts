import { type CaseResult, figuresOf, type Sample } from "./model.ts";

/** Somebody who can do the work. */
export interface Contestant {
  readonly name: string;
  /** Whether it is this library. */
  readonly isOurs?: boolean;
  /** Does the work for one turn. */
  turn(): Promise<Sample>;
}

/** How a contest is held. */
export interface ContestOptions extends Omit<CaseResult, "name" | "contestants"> {
  /** Rounds that count, in each of which every contestant has its turn. */
  readonly rounds: number;
}

/**
 * Lets contestants do the same in turns, so that what else the machine does hits all of them. A first
 * round warms them up and does not count.
 *
 * @param name What is done.
 */
export async function contest(
  name: string,
  contestants: readonly Contestant[],
  { rounds, ...rest }: ContestOptions,
): Promise<CaseResult> {
  const samples = new Map<Contestant, Sample[]>(contestants.map((each) => [each, []]));
  for (let round = 0; round <= rounds; round++) {
    // Who comes first has the cooler processor, and less garbage of others to pay for.
    for (const each of round % 2 === 0 ? contestants : [...contestants].reverse()) {
      const sample = await each.turn();
      if (round > 0) samples.get(each)!.push(sample);
    }
  }
  return {
    name,
    ...rest,
    contestants: contestants.map((each) => ({
      name: each.name,
      ...each.isOurs ? { isOurs: true } : {},
      figures: figuresOf(samples.get(each)!),
    })),
  };
}
