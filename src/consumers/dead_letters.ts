import type { Connection } from "../connection/mod.ts";
import type { Code } from "../core/mod.ts";
import { hookNames } from "./_names.ts";
import type { DeadLetter } from "./dead_letter.ts";

/**
 * Which dead letters are meant. Without any field it is all of them.
 *
 * @example Try anew what failed during an outage
 * ```ts ignore
 * import { deadLetters } from "@shizuku/shizuku/consumers";
 *
 * const tried = await deadLetters(nc, "delays").redrive({
 *   hook: "count",
 *   code: "unavailable",
 *   since: new Date("2026-11-24T08:00:00Z"),
 * });
 * ```
 */
export interface DeadLetterFilter {
  /** Those of one hook. */
  readonly hook?: string;
  /** Those whose last error had this code. */
  readonly code?: Code;
  /** Those that were given up then or later. */
  readonly since?: Date;
  /** Those that were given up before then. */
  readonly until?: Date;
}

/**
 * Options of operations on many dead letters.
 *
 * @example
 * ```ts ignore
 * import { deadLetters } from "@shizuku/shizuku/consumers";
 *
 * await deadLetters(nc, "delays").discard({ hook: "count" }, { signal });
 * ```
 */
export interface DeadLetterOptions {
  /** Ends the operation; what it has done stays done. */
  signal?: AbortSignal;
}

/**
 * The dead letters of one component. Made by {@linkcode deadLetters}.
 *
 * @example
 * ```ts ignore
 * import { type DeadLetters, deadLetters } from "@shizuku/shizuku/consumers";
 *
 * const letters: DeadLetters = deadLetters(nc, "delays");
 * console.log(await letters.count({ hook: "count" }), await letters.redriving());
 * await letters.redrive({});
 * ```
 */
export interface DeadLetters {
  /** How many there are, without those that are being tried anew. */
  count(filter?: DeadLetterFilter): Promise<number>;
  /** How many are being tried anew at this moment. */
  redriving(): Promise<number>;
  /** Those that there are, the oldest first. */
  list(filter?: DeadLetterFilter, options?: DeadLetterOptions): AsyncIterable<DeadLetter>;
  /** One of them, by its sequence. */
  get(sequence: number): Promise<DeadLetter | undefined>;
  /**
   * Hands dead letters once more to the hook that gave them up, and to no other. Its tries begin
   * anew. Nothing is lost if this process ends on the way, and what is repeated is done once.
   *
   * @param which A sequence, or a filter: `{}` for all.
   * @returns How many there were.
   */
  redrive(which: number | DeadLetterFilter, options?: DeadLetterOptions): Promise<number>;
  /**
   * Removes dead letters for good.
   *
   * @param which A sequence, or a filter: `{}` for all.
   * @returns How many there were.
   */
  discard(which: number | DeadLetterFilter, options?: DeadLetterOptions): Promise<number>;
}

/**
 * Looks into the dead letters of a component, and deals with them.
 *
 * @throws {ShizukuError} Each of its methods, `unavailable` or `deadline_exceeded` if the server does
 * not answer. A component that never had hooks has no dead letters.
 * @example
 * ```ts ignore
 * import { deadLetters } from "@shizuku/shizuku/consumers";
 *
 * const letters = deadLetters(nc, "delays");
 * for await (const letter of letters.list({ hook: "count" })) {
 *   console.log(letter.sequence, letter.code, letter.message);
 * }
 * await letters.redrive({ hook: "count", code: "unavailable" });
 * ```
 */
export function deadLetters(
  connection: Connection,
  component: string,
  namespace?: string,
): DeadLetters {
  const names = hookNames({ component, ...(namespace !== undefined && { namespace }) });
  const box = async (): Promise<DeadLetters> => {
    const { LetterBox } = await import("./_letter_box.ts");
    return new LetterBox(connection, component, names);
  };
  return {
    count: async (filter) => (await box()).count(filter),
    redriving: async () => (await box()).redriving(),
    async *list(filter, options) {
      yield* (await box()).list(filter, options);
    },
    get: async (sequence) => (await box()).get(sequence),
    redrive: async (which, options) => (await box()).redrive(which, options),
    discard: async (which, options) => (await box()).discard(which, options),
  };
}
