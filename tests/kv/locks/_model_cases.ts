import type { LockMode } from "../../../src/kv/mod.ts";
import type { ModelOptions } from "./_model.ts";

/** A search that is worth while. */
export interface ModelCase extends ModelOptions {
  readonly name: string;
  /** Whether it takes longer than a test may. */
  readonly isLarge: boolean;
}

const MODES: Readonly<Record<string, LockMode>> = { r: "read", w: "write" };

/** What sessions ask for: in `w r,w` the first asks twice, first to write and then to read. */
export function rounds(text: string): LockMode[][] {
  return text.split(",").map((session) => session.split(" ").map((mode) => MODES[mode]!));
}

/** Sessions, then how many crashes, unknown outcomes and silences. */
const SMALL = [
  "w,w,w 1 0 0",
  "r,w,w 1 0 0",
  "r,r,w 1 0 0",
  "r,r,r 1 0 0",
  "w,w,w 0 1 0",
  "r,w,w 0 0 1",
  "r,r,w 0 0 1",
  "w,w 1 1 1",
  "r,w 1 1 1",
  "w,w 0 2 0",
  "w w,w 0 1 1",
  "w r,w 1 0 1",
  "w,r w 1 1 0",
];

const LARGE = ["w,w,w", "r,w,w", "r,r,w", "r,r,r"]
  .flatMap((modes) => ["1 1 0", "0 1 1", "1 0 1", "0 2 0"].map((budget) => `${modes} ${budget}`))
  .concat(["w w,w 1 1 1", "w r,w 1 1 1", "r w,w 1 1 1", "w r,w,w 0 0 1", "w w,w,w 0 0 1"]);

/** The searches that must find nothing. */
export const MODEL_CASES: readonly ModelCase[] = [
  ...SMALL.map((text) => modelCase(text, false)),
  ...LARGE.map((text) => modelCase(text, true)),
];

function modelCase(text: string, isLarge: boolean): ModelCase {
  const [, sessions, ...numbers] = /^(.*) (\d) (\d) (\d)$/.exec(text)!;
  const [crashes, unknowns, silences] = numbers.map(Number) as [number, number, number];
  const name = `${sessions} with ${crashes} crashes, ${unknowns} unknown outcomes, ` +
    `${silences} silences`;
  return { name, rounds: rounds(sessions!), crashes, unknowns, silences, isLarge };
}
