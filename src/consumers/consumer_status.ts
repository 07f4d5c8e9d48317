import type { Code } from "../core/mod.ts";

/**
 * What a hook has done since it was started.
 *
 * @example
 * ```ts ignore
 * const { acked, dead, lag, handler } = consumer.stats;
 * console.log(`${acked} done, ${dead} dead, ${lag} to come`);
 * console.log(`${handler.totalMs / handler.count} ms each`);
 * ```
 */
export interface ConsumerStats {
  /** Messages received, those that came again included. */
  readonly received: number;
  /** Of these, messages that had been delivered before, to whomever. */
  readonly redelivered: number;
  /** Messages done. */
  readonly acked: number;
  /** Messages given back, to be tried again. */
  readonly nacked: number;
  /** Messages given up. */
  readonly dead: number;
  /** Messages whose lease was lost: the server delivers them again, whatever became of them here. */
  readonly lost: number;
  /** Messages held at this moment, those that wait here included. */
  readonly inFlight: number;
  /** Messages with the processor at this moment. */
  readonly running: number;
  /** Messages that the server has for the hook and has not delivered, as last heard. */
  readonly lag: number;
  /** How many messages may be held at this moment, as measured. */
  readonly prefetch: number;
  /** How often the processor has ended, and how long it took in all and at most, in milliseconds. */
  readonly handler: { readonly count: number; readonly totalMs: number; readonly maxMs: number };
}

/**
 * What happens to a hook, apart from single messages that go well.
 *
 * @example Log what goes wrong
 * ```ts ignore
 * for await (const status of consumer.status()) {
 *   if (status.type === "dead") console.error(`Gave up ${status.subject}: ${status.code}`);
 *   if (status.type === "problem") console.warn(status.message);
 * }
 * ```
 */
export type ConsumerStatus =
  /** It takes no messages: asked to, or because its circuit has opened. */
  | { readonly type: "paused"; readonly reason: "manual" | "circuit" }
  /** It takes messages again. */
  | { readonly type: "resumed" }
  /** The connection is lost, or back. */
  | { readonly type: "disconnected" | "reconnected" }
  /** The server has given no sign of life for twice the time of a heartbeat. */
  | { readonly type: "missed_heartbeats" }
  /** The consumer is gone, and `whenDeleted` says what follows. */
  | { readonly type: "deleted" | "recreated" }
  /** It does not receive, or cannot settle; and it does again. */
  | { readonly type: "problem"; readonly message: string }
  | { readonly type: "recovered" }
  /** A try failed, and another one follows. */
  | (StatusOfMessage & { readonly type: "retry"; readonly delayMs: number })
  /** A message became a dead letter. */
  | (StatusOfMessage & { readonly type: "dead" })
  /** The lease of a message was lost. */
  | {
    readonly type: "lease_lost";
    readonly subject: string;
    readonly sequence: number;
    readonly reason: string;
  }
  /** It has stopped. */
  | { readonly type: "stopped" };

/**
 * Which message a status is about, and what went wrong with it.
 *
 * @example
 * ```ts ignore
 * import { type ConsumerStatus, createConsumer } from "@shizuku/shizuku/consumers";
 *
 * const onStatus = (status: ConsumerStatus) => {
 *   if (status.type !== "retry") return;
 *   const { subject, sequence, attempt, code, delayMs } = status;
 *   console.warn(`${subject} (${sequence}): ${code} in try ${attempt}; again in ${delayMs} ms`);
 * };
 * await using consumer = await createConsumer(nc, countDelays, { component: "delays", onStatus });
 * ```
 */
export interface StatusOfMessage {
  /** Subject on which it came. */
  readonly subject: string;
  /** Its sequence in the stream. */
  readonly sequence: number;
  /** Which try it was, from 1. */
  readonly attempt: number;
  /** Code of the error. */
  readonly code: Code;
}
