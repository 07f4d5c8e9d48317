import type { StreamOptions, StreamSettings } from "../consumers/mod.ts";
import { resourceName } from "../core/mod.ts";
import type { BucketOptions } from "../kv/mod.ts";
import { OWN_BUCKETS } from "./_own_buckets.ts";
import type { AnyComponent } from "./component.ts";
import type { BucketSettings } from "./component_kv.ts";

/** Where an application is, and what its streams and buckets are to be like. */
export interface AppPlace {
  /** Namespace of the application. */
  readonly namespace?: string | undefined;
  /** What the streams of all components are to be like. */
  readonly stream?: StreamSettings | undefined;
  /** What the buckets of all components are to be like. */
  readonly bucket?: BucketSettings | undefined;
}

/** Whose something is, in the words of the modules below. */
export function placeOf(
  { name }: AnyComponent,
  { namespace }: AppPlace,
): { component: string; namespace?: string } {
  return { component: name, ...(namespace !== undefined && { namespace }) };
}

/** The stream of a component's events, if it has any. */
export function streamOf(component: AnyComponent, place: AppPlace): StreamOptions | undefined {
  const { name, events, stream } = component;
  if (Object.keys(events).length === 0) return undefined;
  const { namespace } = place;
  return {
    ...place.stream,
    ...stream,
    name: resourceName(namespace, name),
    events: Object.values(events),
    ...(namespace !== undefined && { namespace }),
  };
}

/** What the bucket of a component is to be like. */
export function bucketOf({ bucket }: AnyComponent, place: AppPlace): BucketSettings {
  return { ...place.bucket, ...bucket };
}

/** The bucket of all locks of an application. */
export function locksBucket(
  { namespace, bucket = {} }: AppPlace,
): { name: string; options: BucketOptions } {
  const { replicas, placement } = bucket;
  return {
    name: resourceName(namespace, OWN_BUCKETS.locks),
    options: {
      republish: true,
      ...(replicas !== undefined && { replicas }),
      ...(placement !== undefined && { placement }),
    },
  };
}
