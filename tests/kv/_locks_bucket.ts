import { type Bucket, openBucket } from "../../src/kv/mod.ts";
import type { World } from "../_support/world.ts";

/** Opens the bucket in which locks of a test live. */
export function openLocksBucket(nc: World["nc"]): Promise<Bucket> {
  return openBucket(nc, "locks", { republish: true, storage: "memory" });
}
