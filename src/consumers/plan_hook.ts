import type { Connection, ResourcePlan } from "../connection/mod.ts";
import type { ConsumerPlace } from "./ensure_consumer.ts";
import type { HookDefinition } from "./hook.ts";

/**
 * A stream that is about to exist, with what it is about to store.
 *
 * @example
 * ```ts ignore
 * import { planHook, type PlannedStream } from "@shizuku/shizuku/consumers";
 *
 * const flights: PlannedStream = { name: "flights", subjects: ["flights.>"] };
 * await planHook(nc, countDelays, { component: "delays", planned: [flights] });
 * ```
 */
export interface PlannedStream {
  /** Name of the stream. */
  readonly name: string;
  /** Its subjects, within the namespace. */
  readonly subjects: readonly string[];
}

/**
 * Options of {@linkcode planHook}.
 *
 * @example A hook on a stream that is not there yet
 * ```ts ignore
 * import { planHook } from "@shizuku/shizuku/consumers";
 *
 * const plans = await planHook(nc, countDelays, {
 *   component: "delays",
 *   namespace: "staging",
 *   planned: [{ name: "flights", subjects: ["staging.flights.>"] }],
 * });
 * ```
 */
export interface PlanHookOptions extends ConsumerPlace {
  /** Streams that are about to exist, in which events are looked for first. */
  readonly planned?: readonly PlannedStream[];
}

/**
 * Tells what `ensureHook()` would do, without doing it. A hook whose consumer does not outlive its
 * process needs nothing before that.
 *
 * @example
 * ```ts ignore
 * import { planHook } from "@shizuku/shizuku/consumers";
 *
 * for (const { action, kind, name } of await planHook(nc, countDelays, { component: "delays" })) {
 *   console.log(action, kind, name); // create consumer flights/delays_count
 * }
 * ```
 */
export async function planHook<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: PlanHookOptions,
): Promise<ResourcePlan[]> {
  const { planOneHook } = await import("./_provision_parts.ts");
  return await planOneHook(connection, hook, options);
}
