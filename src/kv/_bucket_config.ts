import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { ShizukuError } from "../core/mod.ts";
import type { BucketOptions } from "./bucket.ts";

const NAME = /^[-\w]+$/;
const DUPLICATE_WINDOW_MS = 120_000;

/** Name of the stream behind a bucket (ADR-8). */
export function streamName(bucket: string): string {
  return `KV_${bucket}`;
}

/** Subjects of the keys of a bucket start with this (ADR-8). */
export function keyPrefix(bucket: string): string {
  return `$KV.${bucket}.`;
}

/** Subjects on which the commits of a bucket are pushed start with this. */
export function pushPrefix(bucket: string): string {
  return `shizuku.kv.${bucket}.`;
}

/**
 * Checks what a bucket is asked to be.
 *
 * @throws {ShizukuError} `invalid_argument`.
 */
export function checkBucket(name: string, options: BucketOptions): void {
  const refuse = (what: string, wanted: string, value: unknown): never => {
    throw new ShizukuError(
      "invalid_argument",
      `Cannot open bucket ${JSON.stringify(name)} as ${what} must be ${wanted}: ` +
        `current value is ${JSON.stringify(value)}`,
      { stage: "pre" },
    );
  };
  if (typeof name !== "string" || !NAME.test(name)) {
    refuse("its name", "of letters, digits, - and _", name);
  }
  const { replicas, history, ttlMs, maxBytes, maxValueBytes, storage } = options;
  const checkRange = (what: string, value: number | undefined, least: number, most = Infinity) => {
    if (value === undefined || Number.isInteger(value) && value >= least && value <= most) return;
    refuse(what, most === Infinity ? `at least ${least}` : `${least} to ${most}`, value);
  };
  checkRange("replicas", replicas, 1, 5);
  checkRange("history", history, 1, 64);
  checkRange("ttlMs", ttlMs, 1000);
  checkRange("maxBytes", maxBytes, 1);
  checkRange("maxValueBytes", maxValueBytes, 1);
  if (storage !== undefined && storage !== "file" && storage !== "memory") {
    refuse("storage", '"file" or "memory"', storage);
  }
}

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
    // A direct read may come from a replica that is behind; the leader's never does.
    allow_direct: false,
    ...wantedConfig(name, options),
  };
}

/** The part of a stream's configuration that the options name. */
export function wantedConfig(name: string, options: BucketOptions): Partial<StreamConfig> {
  const { replicas, history, storage, ttlMs, maxBytes, maxValueBytes, description } = options;
  return {
    ...(replicas !== undefined && { num_replicas: replicas }),
    ...(history !== undefined && { max_msgs_per_subject: history }),
    ...(storage !== undefined && { storage: storage as StorageType }),
    ...(maxBytes !== undefined && { max_bytes: maxBytes }),
    ...(maxValueBytes !== undefined && { max_msg_size: maxValueBytes }),
    ...(description !== undefined && { description }),
    ...(ttlMs !== undefined && {
      max_age: nanos(ttlMs),
      duplicate_window: nanos(Math.min(ttlMs, DUPLICATE_WINDOW_MS)),
      // Without a marker, watchers would not hear that a value has expired.
      allow_msg_ttl: true,
      subject_delete_marker_ttl: nanos(ttlMs),
    }),
    ...(options.republish && {
      republish: { src: `${keyPrefix(name)}>`, dest: `${pushPrefix(name)}>` },
    }),
  };
}

/** The fields in which a stream is not as wanted. */
export function driftOf(
  wanted: Partial<StreamConfig>,
  found: Partial<StreamConfig>,
): (keyof StreamConfig)[] {
  const fields = Object.keys(wanted) as (keyof StreamConfig)[];
  return fields.filter((field) => !isSame(wanted[field], found[field]));
}

function isSame(wanted: unknown, found: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return wanted === found;
  const fields = Object.entries(wanted);
  return fields.every(([name, value]) => (found as Record<string, unknown>)?.[name] === value);
}
