import { type Border, store } from "../connection/mod.ts";
import type { Delivery } from "./_delivery.ts";
import { keyOf } from "./dead_letter.ts";
import { readLast } from "./_message_api.ts";
import type { HookNames } from "./_names.ts";

/** Remembers how often messages were tried, across processes. */
export interface TryLog {
  /** How often a message was tried, if that was noted. */
  read(delivery: Delivery): Promise<number | undefined>;
  /** Notes how often a message was tried. */
  write(delivery: Delivery, tries: number): Promise<void>;
}

const TIMEOUT_MS = 5_000;

/**
 * Keeps the tries of a hook in a stream.
 *
 * The server counts deliveries, and those of messages that only waited in a process that stopped,
 * paused or was killed with them. So each try after the first is noted before it begins, and a
 * delivery that brought no try is taken back. Messages that are done at once cost nothing.
 */
export function tryLog(border: Border, names: HookNames, hook: string): TryLog {
  const subjectOf = (delivery: Delivery) => names.tried(hook, keyOf(delivery));
  return {
    async read(delivery) {
      const found = await readLast(border, names.tries, subjectOf(delivery), TIMEOUT_MS);
      return found === undefined ? undefined : Number(atob(found.data ?? ""));
    },
    async write(delivery, tries) {
      const payload = new TextEncoder().encode(String(tries));
      await store(border, subjectOf(delivery), payload, { timeoutMs: TIMEOUT_MS });
    },
  };
}

/**
 * How many tries a message had before this delivery.
 *
 * @param noted What the log says.
 * @param deliveryCount What the server says. A message that was delivered before and has no note was
 * with a process that could not say what became of it: that counts as one try, since it may have been
 * the message that took the process down.
 */
export function triesBefore(noted: number | undefined, deliveryCount: number): number {
  return noted ?? Math.min(1, deliveryCount - 1);
}

/**
 * What the log must say when a message is given back without its try having come to an end.
 *
 * @param attempt Which try was begun, or nothing if none was.
 * @returns Nothing if the log is right as it is.
 */
export function triesAfterRelease(
  attempt: number | undefined,
  deliveryCount: number,
): number | undefined {
  if (attempt !== undefined) return attempt - 1;
  return deliveryCount === 1 ? 0 : undefined;
}
