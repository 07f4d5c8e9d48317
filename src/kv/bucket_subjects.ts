import { keyPrefix, pushPrefix, streamName } from "./_bucket_names.ts";

/** Where a bucket is on the wire, for permissions. Made by {@linkcode bucketSubjects}. */
export interface BucketSubjects {
  /** Name of its stream. */
  readonly stream: string;
  /** What the subjects of its keys start with. */
  readonly keys: string;
  /** What the subjects start with on which its commits are pushed, where that is asked for. */
  readonly pushes: string;
}

/**
 * Tells where a bucket is on the wire.
 *
 * @see ADR-8 (JetStream based key-value stores)
 */
export function bucketSubjects(bucket: string): BucketSubjects {
  return { stream: streamName(bucket), keys: keyPrefix(bucket), pushes: pushPrefix(bucket) };
}
