import type { Connection, ResourcePlan } from "../connection/mod.ts";
import type { StreamOptions } from "./stream_options.ts";

/**
 * Tells what `ensureStream()` would do, without doing it.
 *
 * @throws {ShizukuError} `invalid_argument` for options that make no sense.
 * @example
 * ```ts ignore
 * import { planStream } from "@shizuku/shizuku/consumers";
 *
 * const [plan] = await planStream(nc, { name: "flights", events: [flightReported], replicas: 3 });
 * console.log(plan?.action, plan?.details); // update [ "replicas: 1 -> 3" ]
 * ```
 */
export async function planStream(
  connection: Connection,
  options: StreamOptions,
): Promise<ResourcePlan[]> {
  const { planOneStream } = await import("./_provision_parts.ts");
  return await planOneStream(connection, options);
}
