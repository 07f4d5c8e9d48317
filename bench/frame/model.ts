/** The runtimes on which it is measured. */
export type Runtime = "deno" | "bun" | "node";

/** How a figure is written, and whether more of it is better. */
export interface FigureStyle {
  /** Head of its column. */
  readonly label: string;
  readonly digits: number;
  readonly better: "more" | "less";
}

/** Everything that is measured of an operation, a turn or a process. */
export const FIGURES = {
  perSecond: { label: "per second", digits: 0, better: "more" },
  p50Ms: { label: "p50 ms", digits: 3, better: "less" },
  p99Ms: { label: "p99 ms", digits: 3, better: "less" },
  ns: { label: "ns", digits: 1, better: "less" },
  ms: { label: "ms", digits: 2, better: "less" },
  bytesEach: { label: "bytes each", digits: 0, better: "less" },
  clientMicros: { label: "client µs CPU", digits: 2, better: "less" },
  serviceMicros: { label: "service µs CPU", digits: 2, better: "less" },
  serverMicros: { label: "server µs CPU", digits: 2, better: "less" },
  memoryMiB: { label: "client MiB", digits: 0, better: "less" },
  bytes: { label: "bytes", digits: 0, better: "less" },
  gzipBytes: { label: "bytes gzipped", digits: 0, better: "less" },
  writesPerAck: { label: "writes/ack", digits: 4, better: "less" },
  mostHeld: { label: "held at most", digits: 0, better: "less" },
  heapMiB: { label: "heap MiB", digits: 1, better: "less" },
  startMs: { label: "start ms", digits: 1, better: "less" },
} as const satisfies Record<string, FigureStyle>;

/** Name of a figure. */
export type FigureName = keyof typeof FIGURES;

/** What one turn has shown. */
export type Sample = Partial<Record<FigureName, number>>;

/** One of those who do the same. */
export interface ContestantResult {
  readonly name: string;
  /** Whether it is this library; only its ratios are watched. */
  readonly isOurs?: boolean;
  /** Each figure, round by round. */
  readonly figures: Partial<Record<FigureName, readonly number[]>>;
}

/** What must hold of a case. */
export interface Budget {
  /** Who must keep to it. */
  readonly contestant: string;
  readonly figure: FigureName;
  /** With whom it is compared; null for the value itself. Default: the baseline. */
  readonly to?: string | null;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One piece of work, done by several contestants in turns. */
export interface CaseResult {
  /** What is done, such as `echo, bytes, 64 in flight`. */
  readonly name: string;
  /** The contestant to which the others' ratios are; none where nothing is compared. */
  readonly baseline?: string;
  /** How long a turn was, in milliseconds, where it has a fixed length. */
  readonly turnMs?: number;
  readonly contestants: readonly ContestantResult[];
  readonly budgets?: readonly Budget[];
  /** What a reader has to know of it. */
  readonly note?: string;
  /** Point of a curve: what grows, and how many there are of it here. */
  readonly point?: { readonly curve: string; readonly count: number };
}

/** On what it was measured. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
}

/** What a bench has shown on one runtime. */
export interface RunResult {
  readonly runtime: Runtime;
  /** Versions of everything that took part; the runtime's own among them. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
  /** When it ended, in UTC. */
  readonly date: string;
  /** The command that repeats it. */
  readonly command: string;
  /** Load of the machine when it began: well below the number of cores, unless others worked too. */
  readonly load?: number;
  /** How long it took, all in all. */
  readonly tookSeconds?: number;
  /** Whether the rounds were short and few. */
  readonly isQuick: boolean;
  readonly cases: readonly CaseResult[];
}

/** What a bench has shown, on each runtime where it ran. */
export interface BenchResult {
  /** Such as `rpc`; names the files of the results. */
  readonly name: string;
  readonly title: string;
  readonly runs: readonly RunResult[];
}

/** Turns samples of rounds into figures; what is not a number in any round is left out. */
export function figuresOf(samples: readonly Sample[]): ContestantResult["figures"] {
  const figures: Partial<Record<FigureName, readonly number[]>> = {};
  for (const name of Object.keys(FIGURES) as FigureName[]) {
    const values = samples.map((sample) => sample[name] ?? Number.NaN);
    if (values.length > 0 && values.every(Number.isFinite)) figures[name] = values;
  }
  return figures;
}

/** A contestant's figure to another's, round by round: what hits a round hits both. */
export function ratiosOf(
  contestant: ContestantResult,
  baseline: ContestantResult | undefined,
  figure: FigureName,
): number[] {
  const [values = [], others = []] = [contestant.figures[figure], baseline?.figures[figure]];
  return values.slice(0, others.length).map((value, round) => value / others[round]!)
    .filter(Number.isFinite);
}

/** The contestant of that name. */
export function contestantOf(
  { contestants }: CaseResult,
  name: string | undefined,
): ContestantResult | undefined {
  return contestants.find((contestant) => contestant.name === name);
}

/** The figure by which a contestant is judged first: its rate, or else the first that there is. */
export function mainFigure({ figures }: ContestantResult): FigureName | undefined {
  return (Object.keys(FIGURES) as FigureName[]).find((name) => figures[name] !== undefined);
}
