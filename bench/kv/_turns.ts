import { cpuMicros } from "../frame/load.ts";
import { figuresOf, type Sample } from "../frame/model.ts";
import { handOver } from "../frame/report.ts";
import { processMicros } from "../frame/server_cpu.ts";
import { median, percentile } from "../frame/statistics.ts";

/** One turn of a way to do something; gives its figure, or several of which the median counts. */
export type Turn = () => Promise<number | readonly number[]>;

/** How turns are taken. */
export interface TurnOptions {
  /** What the turns give, such as `keys/s`. */
  readonly unit: string;
  readonly rounds: number;
  /** Operations of a turn, by which processor time is divided. */
  readonly operations: number;
  /** Process id of the nats-server. */
  readonly serverPid: number | undefined;
}

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
 * @param ways The first one is the baseline.
 */
export async function takeTurns<Name extends string>(
  title: string,
  ways: Record<Name, Turn>,
  options: TurnOptions,
): Promise<Record<Name, Turns>> {
  const names = Object.keys(ways) as Name[];
  const { unit, rounds } = options;
  const samples: Record<string, Sample>[] = [];
  for (let round = -1; round < rounds; round++) {
    const sample: Record<string, Sample> = {};
    // From both ends in turn, since each way pays for some of the garbage of the one before.
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      sample[name] = await takeTurn(ways[name], options);
    }
    if (round >= 0) samples.push(sample);
  }
  const figure = figureOf(unit);
  const result = Object.fromEntries(names.map((name) => {
    const values = samples.map((sample) => sample[name]![figure]!);
    return [name, {
      median: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
      ratio: median(values.map((value, round) => value / samples[round]![names[0]!]![figure]!)),
    }];
  })) as Record<Name, Turns>;
  print(title, unit, result);
  handOver([{
    name: title,
    baseline: names[0]!,
    contestants: names.map((name, index) => ({
      name,
      ...index === 0 ? {} : { isOurs: true },
      figures: figuresOf(samples.map((sample) => sample[name]!)),
    })),
  }]);
  return result;
}

function figureOf(unit: string): "p50Ms" | "perSecond" {
  return unit.startsWith("ms") ? "p50Ms" : "perSecond";
}

/** Takes a turn; tells what it costs this process and the server. */
async function takeTurn(turn: Turn, { unit, operations, serverPid }: TurnOptions): Promise<Sample> {
  const [cpuBefore, serverBefore] = [cpuMicros(), await processMicros(serverPid)];
  const values = [await turn()].flat().sort((left, right) => left - right);
  const figure = figureOf(unit);
  return {
    [figure]: median(values),
    ...figure === "p50Ms" ? { p99Ms: percentile(values, 0.99) } : {},
    clientMicros: (cpuMicros() - cpuBefore) / operations,
    serverMicros: (await processMicros(serverPid) - serverBefore) / operations,
  };
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
