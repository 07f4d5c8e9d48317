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
