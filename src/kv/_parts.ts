/**
 * What not every user of a bucket needs: reads of many keys and of the past, lists, watches,
 * replicas and counters. Loaded with the first of them.
 *
 * @module
 */
export * from "./_bucket_watch.ts";
export * from "./_cas_counter.ts";
export * from "./_entity_parts.ts";
export * from "./_more_reads.ts";
