import { resourceName } from "../core/mod.ts";
import type { BucketOptions } from "../kv/mod.ts";
import { OWN_BUCKETS } from "./_own_buckets.ts";
import type { BucketSettings } from "./component_kv.ts";

/** A bucket that the registry needs. */
export interface RegistryBucket {
  /** Its name. */
  readonly name: string;
  /** What it is to be like. */
  readonly options: BucketOptions;
}

/** How long it is remembered that an instance is gone, so that watches hear of it. */
export const GONE_TTL_MS = 60_000;

/** The buckets of the registry: of manifests, and of the descriptors that they refer to. */
export function registryBuckets(
  namespace: string | undefined,
  { replicas, placement }: BucketSettings = {},
): { manifests: RegistryBucket; descriptors: RegistryBucket } {
  const common: BucketOptions = {
    // What runs is written anew all the time, and says nothing after a power loss.
    storage: "memory",
    limitMarkerTtlMs: GONE_TTL_MS,
    ...(replicas !== undefined && { replicas }),
    ...(placement !== undefined && { placement }),
  };
  return {
    manifests: {
      name: resourceName(namespace, OWN_BUCKETS.manifests),
      options: { ...common, description: "Components that run" },
    },
    descriptors: {
      name: resourceName(namespace, OWN_BUCKETS.descriptors),
      options: { ...common, description: "Descriptors of components that run" },
    },
  };
}
