/**
 * What locks, elections and fenced records need; loaded with the first use of one, so that who only
 * makes them, or shows them to others, does not carry it.
 *
 * @module
 */
export { FencedRecords } from "./_fenced_records.ts";
export { lead, leaders } from "./_leadership.ts";
export { LockEngine } from "./_lock_engine.ts";
