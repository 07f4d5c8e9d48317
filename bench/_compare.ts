/** How to measure. */
export interface CompareOptions {
  /**
   * Operations that are under way at once.
   * @default {1}
   */
  inFlight?: number;
  /**
   * Rounds, in each of which every case has its turn; the median counts.
   * @default {5}
   */
  rounds?: number;
  /**
   * Milliseconds of a case's turn.
   * @default {500}
   */
  roundMs?: number;
}

/** One operation; a promise is awaited. */
export type Operation = () => unknown;

/** What was measured of one case. */
export interface Measurement {
  name: string;
  /** Operations per second: the median over the rounds. */
  perSecond: number;
  /** Share of the baseline's operations per second; the baseline itself has 1. */
  ratio: number;
}

/**
 * Measures several ways to do one thing, and prints a table.
 *
 * The cases take turns, so that what else the machine does hits all of them; a first round warms
 * them up and does not count.
 *
 * @param title What is done, with its size: `request and reply, 115 bytes`.
 * @param cases Name and operation of each way; the first one is the baseline.
 * @example A typed call against the raw client
 * ```ts ignore
 * await compare("request and reply, 115 bytes", {
 *   "raw nc.request": () => nc.request("echo", payload),
 *   "typed call": () => client.echo(request),
 * }, { inFlight: 64 });
 * ```
 */
export async function compare(
  title: string,
  cases: Record<string, Operation>,
  { inFlight = 1, rounds = 5, roundMs = 500 }: CompareOptions = {},
): Promise<Measurement[]> {
  const samples = Object.entries(cases).map(([name, operation]) => ({
    name,
    operation,
    perSecond: [] as number[],
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const sample of samples) {
      const perSecond = await measure(sample.operation, inFlight, roundMs);
      if (round > 0) sample.perSecond.push(perSecond);
    }
  }
  const medians = samples.map(({ name, perSecond }) => ({ name, perSecond: median(perSecond) }));
  const baseline = medians[0]?.perSecond ?? Number.NaN;
  const measured = medians.map((each) => ({ ...each, ratio: each.perSecond / baseline }));
  print(`${title}, ${inFlight} in flight`, measured);
  return measured;
}

async function measure(operation: Operation, inFlight: number, ms: number): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + ms;
  let done = 0;
  const work = async () => {
    while (performance.now() < endsAt) {
      const result = operation();
      if (result instanceof Promise) await result;
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return done / (performance.now() - startedAt) * 1000;
}

function median(values: number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function print(title: string, measured: Measurement[]): void {
  const width = Math.max(...measured.map(({ name }) => name.length));
  console.log(`\n${title}`);
  for (const { name, perSecond, ratio } of measured) {
    const rate = Math.round(perSecond).toLocaleString("en").padStart(12);
    console.log(`  ${name.padEnd(width)} ${rate} /s  x ${ratio.toFixed(2)}`);
  }
}
