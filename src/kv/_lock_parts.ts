/**
 * What locks and elections need; loaded with the first use of one, so that who only makes them, or
 * shows them to others, does not carry it.
 *
 * @module
 */
export { lead, leaders } from "./_leadership.ts";
export { LockEngine } from "./_lock_engine.ts";
