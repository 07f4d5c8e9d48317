import type { Connection } from "../connection/mod.ts";
import { type Bucket, openBucket } from "../kv/mod.ts";
import type { RegistryBucket } from "./_registry_buckets.ts";

/** Opens a bucket of the registry; one that exists stays as it is. */
export async function openRegistryBucket(
  nc: Connection,
  { name, options }: RegistryBucket,
): Promise<Bucket> {
  const { description: _, ...needed } = options;
  return await openBucket(nc, name, needed);
}
