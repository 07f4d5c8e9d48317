/**
 * What reads and hears of a bucket without its leader. Loaded when a bucket is opened for which that
 * is asked for or as good, and with the first read that asks for it.
 *
 * @module
 */
export { DirectReads } from "./_direct_reads.ts";
export { subscribe } from "./_pushes.ts";
