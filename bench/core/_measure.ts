import process from "node:process";
import { figuresOf } from "../frame/model.ts";
import { handOver, statusOf } from "../frame/report.ts";
import { roundsAsked } from "../frame/options.ts";
import { median } from "../frame/statistics.ts";

/** Does one thing so many times; a promise is awaited. */
export type Repeat = (times: number) => unknown;

/** How to measure. */
export interface MeasureOptions {
  /**
   * How often each case does its thing in a round.
   * @default {200_000}
   */
  times?: number;
  /**
   * Rounds, in each of which every case has its turn; the median counts. `--rounds` overrides it.
   * @default {15}
   */
  rounds?: number;
}

/** What was measured of one case. */
export interface Measured {
  /** Nanoseconds for doing it once: the median of the rounds. */
  readonly ns: number;
  /** Nanoseconds in the fastest round, the one that the rest of the machine disturbed the least. */
  readonly best: number;
  /** How many times as long as the baseline it takes: the median of the rounds' ratios. */
  readonly ratio: number;
}

/**
 * Measures things that take nanoseconds, and prints a table.
 *
 * The cases take turns, so that what else the machine does hits all of them; three rounds warm them
 * up and do not count.
 *
 * @param cases Each way to do it; the first one is the baseline.
 */
export async function measure<Name extends string>(
  title: string,
  cases: Record<Name, Repeat>,
  { times = 200_000, rounds = 15 }: MeasureOptions = {},
): Promise<Record<Name, Measured>> {
  const names = Object.keys(cases) as Name[];
  const samples: Record<string, number>[] = [];
  const last = roundsAsked(process.argv, rounds);
  for (let round = -3; round < last; round++) {
    const sample: Record<string, number> = {};
    // In turns from both ends, since each case pays for some of the garbage of the one before.
    const turns = round % 2 === 0 ? names : [...names].reverse();
    for (const name of turns) sample[name] = await time(cases[name], times);
    if (round >= 0) samples.push(sample);
  }
  const result = Object.fromEntries(names.map((name) => [name, {
    ns: median(samples.map((sample) => sample[name]!)),
    best: Math.min(...samples.map((sample) => sample[name]!)),
    ratio: median(samples.map((sample) => sample[name]! / sample[names[0]!]!)),
  }])) as Record<Name, Measured>;
  print(title, result);
  handOver([{
    name: title,
    baseline: names[0]!,
    contestants: names.map((name, index) => ({
      name,
      ...index === 0 ? {} : { isOurs: true },
      figures: figuresOf(samples.map((sample) => ({ ns: sample[name]! }))),
    })),
  }]);
  return result;
}

async function time(repeat: Repeat, times: number): Promise<number> {
  const started = performance.now();
  const result = repeat(times);
  if (result instanceof Promise) await result;
  return (performance.now() - started) / times * 1e6;
}

function print(title: string, measured: Record<string, Measured>): void {
  const width = Math.max(...Object.keys(measured).map((name) => name.length));
  console.log(`\n${title}`);
  for (const [name, { ns, best, ratio }] of Object.entries(measured)) {
    const [median, fastest] = [ns, best].map((time) => time.toFixed(0).padStart(6));
    const rate = (1e3 / best).toFixed(2).padStart(7);
    console.log(
      `  ${name.padEnd(width)} ${median} ns, best ${fastest} ns (${rate} M/s)  x ${
        ratio.toFixed(2)
      }`,
    );
  }
}

/** What a measurement must keep to. */
export interface Budget {
  /** What is bounded, with its unit. */
  name: string;
  /** What was measured. */
  value: number;
  /** The most that it may be. */
  max?: number;
  /** The least that it may be. */
  min?: number;
  /** Where the budget holds; elsewhere the value is only told. */
  on?: "bun";
}

/** Prints each budget; with `--check`, one that is missed fails the process. */
export function keep(budgets: Budget[]): void {
  console.log();
  for (const { name, value, max = Infinity, min = -Infinity, on } of budgets) {
    const bound = max === Infinity ? `at least ${min}` : `at most ${max}`;
    const applies = on === undefined || runtime() === on;
    const kept = value <= max && value >= min;
    const word = !applies ? "told  " : kept ? "kept  " : "MISSED";
    console.log(`  ${word} ${name}: ${value.toFixed(2)}, ${bound}${on ? ` on ${on}` : ""}`);
    if (applies && !kept) process.exitCode = statusOf(process.argv.includes("--check"), 1);
  }
}

/** The runtime that measures. */
export function runtime(): "deno" | "bun" | "node" {
  return "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
}
