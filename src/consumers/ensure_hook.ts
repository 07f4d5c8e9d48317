import type { Connection } from "../connection/mod.ts";
import type { ConsumerIdentity, ConsumerPlace } from "./ensure_consumer.ts";
import type { HookDefinition } from "./hook.ts";

/**
 * Creates all that a hook needs, or brings what exists to what is asked for: its consumer, and the
 * streams of its component for dead letters, for what is tried anew and for the number of tries.
 *
 * `createConsumer()` does so by itself, unless it is told not to.
 *
 * @throws {ShizukuError} As `ensureConsumer()` does.
 * @example By whom may create streams, for one who may not
 * ```ts ignore
 * import { createConsumer, ensureHook } from "@shizuku/shizuku/consumers";
 *
 * await ensureHook(admin, countDelays, { component: "delays" });
 * await using consumer = await createConsumer(nc, countDelays, {
 *   component: "delays",
 *   provide: false,
 * });
 * ```
 */
export async function ensureHook<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  place: ConsumerPlace,
): Promise<ConsumerIdentity> {
  const { provideHook } = await import("./_provision_parts.ts");
  return await provideHook(connection, hook, place);
}
