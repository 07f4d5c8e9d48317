import { type ContextKey, contextKey } from "../core/mod.ts";

/**
 * Where an event is stored, and how it came.
 *
 * @example
 * ```ts
 * import { defineEvent, defineHook, eventInfo } from "@shizuku/shizuku/consumers";
 * import { json } from "@shizuku/shizuku/core";
 *
 * const landed = defineEvent(json<{ airport: string }>(), { subject: "flight.landed.{airport}" });
 * const log = defineHook(landed, { name: "log" }, (_, ctx) => {
 *   const info = ctx.get(eventInfo);
 *   ctx.logger.info("{stream}/{sequence}, stored {time}", { ...info });
 * });
 * ```
 */
export interface EventInfo {
  /** Name of the stream. */
  readonly stream: string;
  /** Sequence in the stream. */
  readonly sequence: number;
  /** When the server stored it. */
  readonly time: Date;
  /** The message id that it was published with (`Nats-Msg-Id`), if it had one. */
  readonly id: string | undefined;
  /** Full name of its type, which tells the events of one hook apart. */
  readonly type: string;
  /** Whether it was a dead letter that is tried anew. */
  readonly redriven: boolean;
}

/**
 * Finds, in the context of a hook, where its event is stored.
 *
 * A redriven dead letter says where its original was.
 *
 * @example
 * ```ts ignore
 * const hook = defineHook(landed, { name: "log" }, (event, ctx) => {
 *   console.log(ctx.get(eventInfo)?.sequence, event);
 * });
 * ```
 */
export const eventInfo: ContextKey<EventInfo> = /* @__PURE__ */ contextKey<EventInfo>("eventInfo");
