import type { Connection, ResourcePlan } from "../connection/mod.ts";
import type { BucketOptions } from "./bucket.ts";

/**
 * Tells what `openBucket()` would do, without doing it.
 *
 * @throws {ShizukuError} `invalid_argument` for a name or option that is not valid.
 * @example
 * ```ts ignore
 * import { planBucket } from "@shizuku/shizuku/kv";
 *
 * const { action, details } = await planBucket(nc, "tickets", { replicas: 3 });
 * console.log(action, details); // update [ "replicas: 1 -> 3" ]
 * ```
 */
export async function planBucket(
  nc: Connection,
  name: string,
  options: BucketOptions = {},
): Promise<ResourcePlan> {
  const { planStream } = await import("./_open_stream.ts");
  return await planStream(nc, name, options);
}
