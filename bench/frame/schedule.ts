import type { Bench } from "./benches.ts";

/** How often it is measured, and for how long. */
export interface Turns {
  /** Rounds that count; none where a figure does not scatter. */
  readonly rounds?: number;
  /** Length of a turn in milliseconds, where it has one. */
  readonly turnMs?: number;
  /** Further arguments of the scripts. */
  readonly more?: readonly string[];
}

/** What somebody asks for who runs a bench. */
export interface Asked {
  /** Few and short rounds. */
  readonly isQuick: boolean;
  readonly rounds?: number | undefined;
  readonly turnMs?: number | undefined;
}

/** What a bench takes whatever its rounds are: it starts a server and everybody who takes part. */
const START_MS = 10_000;
/** Slower machines than ours are given their time; who hangs does not stop the others for long. */
const [PATIENCE, LEAST_PATIENCE_MS] = [2.5, 90_000];

/** The turns of a bench; what it does not know of is not asked of it. */
export function turnsOf(
  { turns, quick }: Pick<Bench, "turns" | "quick">,
  { isQuick, rounds, turnMs }: Asked,
): Turns {
  const chosen = isQuick ? quick : turns;
  return {
    ...chosen,
    ...turns.rounds === undefined ? {} : { rounds: rounds ?? chosen.rounds! },
    ...turns.turnMs === undefined ? {} : { turnMs: turnMs ?? chosen.turnMs! },
  };
}

/** The arguments that ask a script for these turns. */
export function argumentsOf({ rounds, turnMs, more = [] }: Turns): string[] {
  return [...flagsOf({ rounds, turnMs }), ...more];
}

/** The options that somebody has given, to be written down. */
export function flagsOf({ rounds, turnMs }: Omit<Asked, "isQuick">): string[] {
  return [
    ...rounds === undefined ? [] : [`--rounds=${rounds}`],
    ...turnMs === undefined ? [] : [`--turn-ms=${turnMs}`],
  ];
}

/** How long a bench takes on one runtime, in milliseconds, roughly. */
export function expectedMs(
  bench: Pick<Bench, "turns" | "quick" | "seconds">,
  asked: Asked,
): number {
  const { rounds, turnMs } = turnsOf(bench, asked);
  // One more round warms up.
  const more = ((rounds ?? 0) + 1) / ((bench.turns.rounds ?? 0) + 1);
  const longer = (turnMs ?? 1) / (bench.turns.turnMs ?? 1);
  return START_MS + Math.max(0, bench.seconds * 1_000 - START_MS) * more * longer;
}

/** After how long a bench is given up, in milliseconds. */
export function limitMs(bench: Pick<Bench, "turns" | "quick" | "seconds">, asked: Asked): number {
  return LEAST_PATIENCE_MS + PATIENCE * expectedMs(bench, asked);
}

/** One bench on one runtime: how long it should take, and has taken if it is over. */
export interface Timed {
  readonly expectedMs: number;
  readonly tookMs?: number;
}

/** How long those that are not over will take, if they keep to the pace of those that are. */
export function remainingMs(steps: readonly Timed[]): number {
  const over = steps.filter(({ tookMs }) => tookMs !== undefined);
  const expected = sum(over.map(({ expectedMs }) => expectedMs));
  const pace = expected === 0 ? 1 : sum(over.map(({ tookMs }) => tookMs!)) / expected;
  const left = steps.filter(({ tookMs }) => tookMs === undefined);
  return pace * sum(left.map(({ expectedMs }) => expectedMs));
}

/** Writes a time in the way of somebody who waits: `40 s`, `12 min`. */
export function roughly(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
