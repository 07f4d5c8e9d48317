import type { Connection, ResourcePlan } from "../connection/mod.ts";
import type { StreamOptions } from "./stream_options.ts";

/**
 * Tells what `ensureStream()` would do, without doing it.
 *
 * @throws {ShizukuError} `invalid_argument` for options that make no sense.
 */
export async function planStream(
  connection: Connection,
  options: StreamOptions,
): Promise<ResourcePlan[]> {
  const { planOneStream } = await import("./_provision_parts.ts");
  return await planOneStream(connection, options);
}
