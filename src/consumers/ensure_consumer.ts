import type { Connection } from "../connection/mod.ts";
import type { HookDefinition } from "./hook.ts";

/**
 * Whose hook it is, and where its events are.
 *
 * @example
 * ```ts ignore
 * import { ensureHook } from "@shizuku/shizuku/consumers";
 *
 * await ensureHook(nc, countDelays, { component: "delays", namespace: "staging" });
 * ```
 */
export interface ConsumerPlace {
  /** Component that owns the hook. */
  component: string;
  /** Namespace of the application. */
  namespace?: string;
}

/**
 * The consumer of a hook.
 *
 * @example
 * ```ts ignore
 * import { ensureConsumer } from "@shizuku/shizuku/consumers";
 *
 * const { stream, durable } = await ensureConsumer(nc, countDelays, { component: "delays" });
 * console.log(stream, durable); // flights delays_count
 * ```
 */
export interface ConsumerIdentity {
  /** Stream that holds the events. */
  readonly stream: string;
  /** Name of the consumer. */
  readonly durable: string;
}

/**
 * Creates the durable consumer of a hook, or brings one that exists to what is asked for.
 *
 * It is found by the events' subjects, so the component that owns the stream may run elsewhere. From
 * then on the events are kept for the hook until it has settled them.
 *
 * @throws {ShizukuError} `not_found` if no stream stores one of the subjects, `failed_precondition`
 * if they are in several streams: a consumer reads one.
 * @example Keep events for a hook that starts later
 * ```ts ignore
 * import { ensureConsumer } from "@shizuku/shizuku/consumers";
 *
 * await ensureConsumer(nc, countDelays, { component: "delays" });
 * ```
 */
export async function ensureConsumer<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  place: ConsumerPlace,
): Promise<ConsumerIdentity> {
  const { provideConsumer } = await import("./_provision_parts.ts");
  return await provideConsumer(connection, hook, place);
}
