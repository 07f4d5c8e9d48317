/**
 * What defines events and hooks, without what runs them: for those who must not load JetStream to
 * learn what a component is.
 *
 * @module
 */
export { toEvent } from "./event.ts";
export { defineHook } from "./hook.ts";
export { hookNames } from "./_names.ts";
export { overlap as subjectsOverlap } from "./_overlap.ts";
