import { figuresOf } from "../frame/model.ts";
import { handOver } from "../frame/report.ts";
import { median } from "../frame/statistics.ts";

export { median } from "../frame/statistics.ts";

/** One turn of a way to do something; gives its figure. */
export type Turn = () => Promise<number>;

/** What was measured of one way. */
export interface Turns {
  /** The median of the rounds. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** The median of the ratios to the first way, round by round: what hits a round hits all. */
  readonly ratio: number;
}

/**
 * Lets several ways to do one thing take turns, and prints a table. A first round warms them up and
 * does not count.
 *
 * @param unit What the turns give, such as `keys/s`.
 * @param ways The first one is the baseline.
 */
export async function takeTurns<Name extends string>(
  title: string,
  unit: string,
  ways: Record<Name, Turn>,
  rounds: number,
): Promise<Record<Name, Turns>> {
  const names = Object.keys(ways) as Name[];
  const samples: Record<string, number>[] = [];
  for (let round = -1; round < rounds; round++) {
    const sample: Record<string, number> = {};
    // From both ends in turn, since each way pays for some of the garbage of the one before.
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      sample[name] = await ways[name]();
    }
    if (round >= 0) samples.push(sample);
  }
  const result = Object.fromEntries(names.map((name) => {
    const values = samples.map((sample) => sample[name]!);
    return [name, {
      median: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
      ratio: median(samples.map((sample) => sample[name]! / sample[names[0]!]!)),
    }];
  })) as Record<Name, Turns>;
  print(title, unit, result);
  const figure = unit.startsWith("ms") ? "p50Ms" : "perSecond";
  handOver([{
    name: title,
    baseline: names[0]!,
    contestants: names.map((name, index) => ({
      name,
      ...index === 0 ? {} : { isOurs: true },
      figures: figuresOf(samples.map((sample) => ({ [figure]: sample[name]! }))),
    })),
  }]);
  return result;
}

function print(title: string, unit: string, result: Record<string, Turns>): void {
  const width = Math.max(...Object.keys(result).map((name) => name.length));
  console.log(`\n${title}: median (least-most) in ${unit}`);
  for (const [name, { median, least, most, ratio }] of Object.entries(result)) {
    const [middle, low, high] = [median, least, most].map(write);
    console.log(
      `  ${name.padEnd(width)} ${middle!.padStart(9)} (${low}-${high})  x ${ratio.toFixed(2)}`,
    );
  }
}

function write(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 });
}
