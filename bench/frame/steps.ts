import type { Bench } from "./benches.ts";
import type { Runtime } from "./model.ts";
import { type Asked, expectedMs, limitMs, remainingMs, roughly, type Timed } from "./schedule.ts";

/** One bench on one runtime. */
export interface Step {
  readonly bench: Bench;
  readonly runtime: Runtime;
}

/** What has become of a step. */
export interface Outcome extends Step {
  readonly tookMs: number;
  /** What failed; nothing if all went well. */
  readonly problems: readonly string[];
}

/** Every bench on every runtime that it makes sense on. */
export function stepsOf(benches: readonly Bench[], runtimes: readonly Runtime[]): Step[] {
  return benches.flatMap((bench) =>
    runtimes.filter((name) => bench.runtimes?.includes(name) ?? true)
      .map((runtime) => ({ bench, runtime }))
  );
}

/**
 * Measures one bench after the other, and tells how far it is. One that fails does not stop the
 * others.
 *
 * @param take Measures one of them; tells what failed.
 */
export async function measureAll(
  steps: readonly Step[],
  asked: Asked,
  take: (step: Step) => Promise<string[]>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const timed: Timed[] = steps.map(({ bench }) => ({ expectedMs: expectedMs(bench, asked) }));
  console.log(`${steps.length} to measure, in about ${roughly(remainingMs(timed))}`);
  for (const [index, step] of steps.entries()) {
    const { bench, runtime } = step;
    const [own, all] = [timed[index]!.expectedMs, remainingMs(timed)].map(roughly);
    console.log(`\n[${index + 1}/${steps.length}] ${bench.title} on ${runtime}`);
    console.log(`about ${own}, at most ${roughly(limitMs(bench, asked))}; all: about ${all} more`);
    const startedAt = performance.now();
    const problems = await problemsOf(() => take(step));
    const tookMs = performance.now() - startedAt;
    timed[index] = { ...timed[index]!, tookMs };
    outcomes.push({ ...step, tookMs, problems });
  }
  return outcomes;
}

async function problemsOf(take: () => Promise<string[]>): Promise<string[]> {
  try {
    return await take();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** A line for each that was measured, and what failed last. */
export function describeOutcomes(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ problems }) => problems.length > 0);
  const total = outcomes.reduce((sum, { tookMs }) => sum + tookMs, 0);
  return [
    ...outcomes.map(({ bench, runtime, tookMs, problems }) => {
      const word = problems.length === 0 ? "done  " : "FAILED";
      return `${word} ${roughly(tookMs).padStart(6)}  ${bench.name} on ${runtime}`;
    }),
    `${outcomes.length - failed.length} of ${outcomes.length} done in ${roughly(total)}`,
    ...failed.flatMap(({ runtime, problems }) =>
      problems.map((each) => `  ${each}, on ${runtime}`)
    ),
  ].join("\n");
}
