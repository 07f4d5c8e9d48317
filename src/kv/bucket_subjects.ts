import { keyPrefix, pushPrefix, streamName } from "./_bucket_names.ts";

/**
 * Where a bucket is on the wire, for permissions. Made by {@linkcode bucketSubjects}.
 *
 * @example
 * ```ts
 * import { bucketSubjects } from "@shizuku/shizuku/kv";
 *
 * const { stream, keys, pushes } = bucketSubjects("tickets");
 * console.log(stream, keys, pushes); // KV_tickets $KV.tickets. shizuku.kv.tickets.
 * ```
 */
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
 * @example
 * ```ts
 * import { bucketSubjects } from "@shizuku/shizuku/kv";
 *
 * console.log(`${bucketSubjects("tickets").keys}ticket.7`); // $KV.tickets.ticket.7
 * ```
 * @see ADR-8 (JetStream based key-value stores)
 */
export function bucketSubjects(bucket: string): BucketSubjects {
  return { stream: streamName(bucket), keys: keyPrefix(bucket), pushes: pushPrefix(bucket) };
}
