import { type ContextKey, contextKey } from "../core/mod.ts";

/** Where an event is stored. */
export interface EventInfo {
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** When the server stored it. */
  readonly time: Date;
}

/**
 * Finds, in the context of a hook, where its event is stored.
 *
 * @example
 * ```ts ignore
 * const hook = defineHook(landed, { name: "log" }, (event, ctx) => {
 *   console.log(ctx.get(eventInfo)?.sequence, event);
 * });
 * ```
 */
export const eventInfo: ContextKey<EventInfo> = contextKey<EventInfo>("eventInfo");
