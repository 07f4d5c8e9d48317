import { parseArgs } from "node:util";

/** What a bench is asked for. */
export interface BenchOptions {
  /** Parts to measure. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly turnMs: number;
  /** Whether a missed budget fails it. */
  readonly isChecked: boolean;
}

/**
 * Reads `[--check] [--only=a,b] [--rounds=7] [--turn-ms=400]`.
 *
 * @param parts What there is to measure.
 * @throws {Error} If a part is unknown, or an option.
 */
export function parseOptions(
  args: string[],
  parts: readonly string[],
  { rounds = 7, turnMs = 400 }: { rounds?: number; turnMs?: number } = {},
): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: "boolean", default: false },
      only: { type: "string", default: parts.join() },
      rounds: { type: "string", default: `${rounds}` },
      "turn-ms": { type: "string", default: `${turnMs}` },
    },
  });
  const only = values.only.split(",");
  for (const part of only) {
    if (!parts.includes(part)) throw new Error(`Cannot measure "${part}": there are ${parts}`);
  }
  return {
    only,
    rounds: positive("rounds", values.rounds),
    turnMs: positive("turn-ms", values["turn-ms"]),
    isChecked: values.check,
  };
}

/**
 * Reads a number that an option gives.
 *
 * @throws {Error} If it is not greater than 0.
 */
export function positive(name: string, value: string): number {
  const number = Number(value);
  if (number > 0) return number;
  throw new Error(`Cannot measure as --${name} must be > 0: current value is ${value}`);
}

/**
 * The rounds that `--rounds` asks a script for that has no other options.
 *
 * @param rounds How many there are if it does not.
 */
export function roundsAsked(args: readonly string[], rounds: number): number {
  const given = args.find((arg) => arg.startsWith("--rounds="));
  return given === undefined ? rounds : positive("rounds", given.slice("--rounds=".length));
}
