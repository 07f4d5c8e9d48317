import type { Connection, ResourcePlan } from "../connection/mod.ts";
import type { ConsumerPlace } from "./ensure_consumer.ts";
import type { HookDefinition } from "./hook.ts";

/** A stream that is about to exist, with what it is about to store. */
export interface PlannedStream {
  /** Name of the stream. */
  readonly name: string;
  /** Its subjects, within the namespace. */
  readonly subjects: readonly string[];
}

/** Options of {@linkcode planHook}. */
export interface PlanHookOptions extends ConsumerPlace {
  /** Streams that are about to exist, in which events are looked for first. */
  readonly planned?: readonly PlannedStream[];
}

/**
 * Tells what `ensureHook()` would do, without doing it. A hook whose consumer does not outlive its
 * process needs nothing before that.
 */
export async function planHook<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: PlanHookOptions,
): Promise<ResourcePlan[]> {
  const { planOneHook } = await import("./_provision_parts.ts");
  return await planOneHook(connection, hook, options);
}
