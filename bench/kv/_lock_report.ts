import { type Budget, type CaseResult, figuresOf, type Sample } from "../frame/model.ts";
import { report } from "../frame/report.ts";

/** What was measured of one case in one round. */
export interface Figure {
  readonly name: string;
  /** Which way to lock, or `put`. */
  readonly way: string;
  readonly unit: "ms" | "/s" | "µs";
  readonly kind: keyof typeof FIGURES;
  readonly value: number;
}

/** At most so many P, the median of a put; or so many p99 of a put; or at least so many per P. */
const BUDGETS: Readonly<Record<string, number>> = {
  "warm acquire p50": 1.3,
  "warm release p50": 1.3,
  "cold acquire p50": 2.3,
  "hand-off, 1 process p50": 2,
  "hand-off, 2 processes p50": 3.5,
  "hand-off, 8 processes p50": 5,
  "hand-off, 1 process p99": 3,
  "hand-off, 2 processes p99": 3,
  "hand-off, 8 processes p99": 3,
  "64 readers at once, 1 process p50": 6,
  "64 readers at once, 8 x 8 p50": 45,
  "grants, 1 process rate": 0.3,
  "grants, 8 processes rate": 0.15,
};

/** The way that is no lock: what all others are measured against. */
const PUT = "raw put";

/** Prints a table; tells how many budgets were missed. */
export function reportLocks(rounds: readonly (readonly Figure[])[]): number {
  return report("Locks on one server", casesOf(rounds));
}

/** A case for each name; the raw put of the same rounds is its baseline. */
function casesOf(rounds: readonly (readonly Figure[])[]): CaseResult[] {
  const figures = rounds[0]!;
  const names = [...new Set(figures.filter(({ way }) => way !== "put").map(({ name }) => name))];
  return names.map((name) => {
    const own = figures.filter((figure) => figure.name === name);
    const ways = [...new Set(own.map(({ way }) => way))];
    const budgets = own.flatMap(budgetOf);
    return {
      name,
      baseline: PUT,
      ...budgets.length === 0 ? {} : { budgets },
      contestants: [
        { name: PUT, figures: figuresOf(rounds.map((round) => putSample(round, own))) },
        ...ways.map((way) => ({
          name: way,
          ...way === "shizuku" ? { isOurs: true } : {},
          figures: figuresOf(rounds.map((round) => sampleOf(round, name, way))),
        })),
      ],
    };
  });
}

const FIGURES = {
  p50: "p50Ms",
  p99: "p99Ms",
  rate: "perSecond",
  client: "clientMicros",
  server: "serverMicros",
} as const;

function budgetOf({ name, way, kind }: Figure): Budget[] {
  const bound = way === "shizuku" ? BUDGETS[`${name} ${kind}`] : undefined;
  if (bound === undefined) return [];
  const budget = { contestant: way, figure: FIGURES[kind] };
  return [kind === "rate" ? { ...budget, atLeast: bound } : { ...budget, atMost: bound }];
}

function sampleOf(round: readonly Figure[], name: string, way: string): Sample {
  const own = round.filter((figure) => figure.name === name && figure.way === way);
  return Object.fromEntries(own.map(({ kind, value }) => [FIGURES[kind], value]));
}

/** The put's figures of the same kinds; a rate is that of one put at a time. */
function putSample(round: readonly Figure[], others: readonly Figure[]): Sample {
  const put = (wanted: Figure["kind"]) =>
    round.find(({ way, kind }) => way === "put" && kind === wanted)!.value;
  return Object.fromEntries(
    others.map(({ kind }) => [FIGURES[kind], kind === "rate" ? 1_000 / put("p50") : put(kind)]),
  );
}
