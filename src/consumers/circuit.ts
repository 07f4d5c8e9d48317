import type { Awaitable, ShizukuError } from "../core/mod.ts";

/**
 * When a hook pauses because something that it depends on is down.
 *
 * @example Pause while the mail server is down
 * ```ts
 * import { defineEvent, defineHook } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const circuit = { failures: 3, waitMs: 10_000, probe: () => fetch("https://mail.example.com") };
 * const notify = defineHook(landed, { name: "notify", circuit }, () => {});
 * ```
 */
export interface CircuitOptions {
  /**
   * Which errors mean that it is down.
   * @default {(error) => error.code === "unavailable"}
   */
  when?: (error: ShizukuError) => boolean;
  /**
   * After how many of them in a row the hook pauses.
   * @default {5}
   */
  failures?: number;
  /**
   * How long to wait before the dependency is tried again, in milliseconds.
   * @default {5000}
   */
  waitMs?: number;
  /**
   * Tries the dependency: the hook goes on if it neither throws nor gives `false`. Without it the
   * hook itself goes on, and pauses again at the first failure.
   */
  probe?: (signal: AbortSignal) => Awaitable<unknown>;
}

/** How a circuit is: `half_open` means that one more failure opens it again. */
export type CircuitState =
  | { readonly type: "closed"; readonly failures: number }
  | { readonly type: "open" }
  | { readonly type: "half_open" };

/** The state of a circuit that was never used. */
export const CLOSED: CircuitState = { type: "closed", failures: 0 };

/**
 * How a circuit is after a try.
 *
 * @param failed Whether it failed with an error that counts.
 * @param failures After how many in a row it opens.
 */
export function nextCircuit(state: CircuitState, failed: boolean, failures: number): CircuitState {
  // What ends now was begun before it opened, and says nothing new.
  if (state.type === "open") return state;
  if (!failed) return CLOSED;
  if (state.type === "half_open" || state.failures + 1 >= failures) return { type: "open" };
  return { type: "closed", failures: state.failures + 1 };
}
