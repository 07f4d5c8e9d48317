import {
  DiscardPolicy,
  type Placement,
  type Republish,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { invalid } from "../connection/mod.ts";
import { keyPrefix, pushPrefix, streamName } from "./_bucket_names.ts";
import type { BucketOptions, BucketPlacement, BucketRepublish } from "./bucket.ts";

const NAME = /^[-\w]+$/;
const DUPLICATE_WINDOW_MS = 120_000;

/**
 * Checks what a bucket is asked to be.
 *
 * @throws {ShizukuError} `invalid_argument`.
 */
export function checkBucket(name: string, options: BucketOptions): void {
  const refuse = (what: string, wanted: string, value: unknown): never => {
    throw invalid(
      `Cannot open bucket ${JSON.stringify(name)} as ${what} must be ${wanted}: ` +
        `current value is ${JSON.stringify(value)}`,
    );
  };
  if (typeof name !== "string" || !NAME.test(name)) {
    refuse("its name", "of letters, digits, - and _", name);
  }
  for (const [what, least, most] of RANGES) {
    const value = options[what];
    if (value === undefined || Number.isInteger(value) && value >= least && value <= most) continue;
    refuse(what, most === Infinity ? `at least ${least}` : `${least} to ${most}`, value);
  }
  for (const [what, values] of CHOICES) {
    const value: string | undefined = options[what];
    if (value === undefined || (values as readonly string[]).includes(value)) continue;
    refuse(what, values.map((one) => JSON.stringify(one)).join(" or "), value);
  }
  if (typeof options.republish === "object" && !options.republish.destination) {
    refuse("republish.destination", "a subject", options.republish.destination);
  }
}

const RANGES = [
  ["replicas", 1, 5],
  ["history", 1, 64],
  ["ttlMs", 1000, Infinity],
  ["limitMarkerTtlMs", 1000, Infinity],
  ["maxBytes", 1, Infinity],
  ["maxValueBytes", 1, Infinity],
  ["timeoutMs", 1, Infinity],
] as const satisfies readonly [keyof BucketOptions, number, number][];

const CHOICES = [
  ["storage", ["file", "memory"]],
  ["reads", ["leader", "direct"]],
] as const satisfies readonly [keyof BucketOptions, readonly string[]][];

/** The stream of a new bucket, laid out as every NATS client expects it (ADR-8). */
export function createConfig(
  name: string,
  options: BucketOptions,
): Partial<StreamConfig> & { name: string } {
  return {
    name: streamName(name),
    subjects: [`${keyPrefix(name)}>`],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    num_replicas: 1,
    storage: StorageType.File,
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_msg_ttl: true,
    // Only allowed here: who reads decides whether a replica that may be behind is good enough.
    allow_direct: true,
    ...wantedConfig(name, options),
  };
}

/** The part of a stream's configuration that the options name. */
export function wantedConfig(name: string, options: BucketOptions): Partial<StreamConfig> {
  const { replicas, history, storage, maxBytes, maxValueBytes, description } = options;
  const { compression, placement } = options;
  return {
    ...(replicas !== undefined && { num_replicas: replicas }),
    ...(history !== undefined && { max_msgs_per_subject: history }),
    ...(storage !== undefined && { storage: storage as StorageType }),
    ...(maxBytes !== undefined && { max_bytes: maxBytes }),
    ...(maxValueBytes !== undefined && { max_msg_size: maxValueBytes }),
    ...(description !== undefined && { description }),
    ...(compression !== undefined && {
      compression: compression ? StoreCompression.S2 : StoreCompression.None,
    }),
    ...(placement !== undefined && { placement: placementConfig(placement) }),
    ...(options.reads === "direct" && { allow_direct: true }),
    ...expiryConfig(options),
    ...(options.republish && { republish: republishConfig(name, options.republish) }),
  };
}

function placementConfig({ cluster = "", tags }: BucketPlacement): Placement {
  return { cluster, ...(tags !== undefined && { tags: [...tags] }) } as Placement;
}

function expiryConfig({ ttlMs, limitMarkerTtlMs = ttlMs }: BucketOptions): Partial<StreamConfig> {
  return {
    ...(ttlMs !== undefined && {
      max_age: nanos(ttlMs),
      duplicate_window: nanos(Math.min(ttlMs, DUPLICATE_WINDOW_MS)),
    }),
    ...(limitMarkerTtlMs !== undefined && {
      // Without a marker, watchers would not hear that a value has expired.
      allow_msg_ttl: true,
      subject_delete_marker_ttl: nanos(limitMarkerTtlMs),
    }),
  };
}

function republishConfig(name: string, republish: true | BucketRepublish): Republish {
  if (republish === true) return { src: `${keyPrefix(name)}>`, dest: `${pushPrefix(name)}>` };
  const { source = ">", destination, headersOnly } = republish;
  return {
    src: keyPrefix(name) + source,
    dest: destination,
    ...(headersOnly !== undefined && { headers_only: headersOnly }),
  };
}

/** One field in which a stream is not as wanted. */
export interface Drift {
  /** Its name in the configuration of a stream. */
  readonly field: keyof StreamConfig;
  readonly wanted: unknown;
  readonly found: unknown;
}

/** The fields in which a stream is not as wanted. */
export function driftOf(wanted: Partial<StreamConfig>, found: Partial<StreamConfig>): Drift[] {
  const fields = Object.keys(wanted) as (keyof StreamConfig)[];
  return fields.filter((field) => !isSame(wanted[field], found[field]))
    .map((field) => ({ field, wanted: wanted[field], found: found[field] }));
}

/** For people: `storage (wanted "file", found "memory")`. */
export function describeDrift(drift: readonly Drift[]): string {
  const show = (value: unknown) => value === undefined ? "nothing" : JSON.stringify(value);
  return drift.map(({ field, wanted, found }) =>
    `${field} (wanted ${show(wanted)}, found ${show(found)})`
  ).join(", ");
}

/** Whether all that is wanted is there. What the server leaves out is zero, false or empty. */
function isSame(wanted: unknown, found: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return wanted === found || !wanted && !found;
  if (Array.isArray(wanted)) return JSON.stringify(wanted) === JSON.stringify(found ?? []);
  const fields = Object.entries(wanted);
  return fields.every(([name, value]) => isSame(value, (found as Record<string, unknown>)?.[name]));
}
