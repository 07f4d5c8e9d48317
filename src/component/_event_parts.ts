/**
 * What events and hooks need; loaded when a component has some, so that who answers RPC alone does
 * not carry it.
 *
 * @module
 */
export { createConsumer, createPublisher, ensureHook, ensureStream } from "../consumers/mod.ts";
