/**
 * What fenced records need; loaded with the first use of one.
 *
 * @module
 */
export { FencedRecords } from "./_fenced_records.ts";
