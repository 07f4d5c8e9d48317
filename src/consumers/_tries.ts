import { type Border, readStored, store } from "../connection/mod.ts";
import type { Delivery } from "./_delivery.ts";
import { keyOf } from "./dead_letter.ts";
import type { HookNames } from "./_names.ts";

/** What is noted of a message's tries. */
export interface TryNote {
  /** How often it was tried. */
  readonly tries: number;
  /** At which of the server's deliveries that was noted. */
  readonly delivery: number;
  /** Whether the last of them came to an end; else it had just begun. */
  readonly ended: boolean;
}

/** Remembers how often messages were tried, across processes. */
export interface TryLog {
  /** What was noted of a message. */
  read(delivery: Delivery): Promise<TryNote | undefined>;
  /** Notes the tries of a message at this delivery. */
  write(delivery: Delivery, tries: number, ended: boolean): Promise<void>;
}

const TIMEOUT_MS = 5_000;

/**
 * Keeps the tries of a hook in a stream.
 *
 * The server counts deliveries, and those of messages that only waited in a process that stopped,
 * paused or was killed with them. So a try that fails is noted, and so is a delivery that brought no
 * try. What was delivered before without a note may have taken its process down: such a suspect is
 * noted before it is tried. Messages that are done at once cost nothing.
 */
export function tryLog(border: Border, names: HookNames, hook: string): TryLog {
  const subjectOf = (delivery: Delivery) => names.tried(hook, keyOf(delivery));
  return {
    async read(delivery) {
      const query = { last_by_subj: subjectOf(delivery) };
      const found = await readStored(border, names.tries, query, TIMEOUT_MS);
      return found === undefined ? undefined : JSON.parse(atob(found.data ?? ""));
    },
    async write(delivery, tries, ended) {
      const note: TryNote = { tries, delivery: delivery.info.deliveryCount, ended };
      const payload = new TextEncoder().encode(JSON.stringify(note));
      await store(border, subjectOf(delivery), payload, { timeoutMs: TIMEOUT_MS });
    },
  };
}

/** What is known of a message that comes. */
export interface TryHistory {
  /** How many tries it had. */
  readonly tries: number;
  /** Whether the last one may have taken its process down. */
  readonly isSuspect: boolean;
}

/**
 * What a note says of a message that comes with a certain delivery.
 *
 * Deliveries since the note, or without any, were with a process that could not say what became of
 * them: they count as one try, since that may have taken the process down.
 */
export function historyOf(note: TryNote | undefined, deliveryCount: number): TryHistory {
  const { tries, delivery, ended } = note ?? { tries: 0, delivery: 0, ended: true };
  if (!ended) return { tries, isSuspect: true };
  const isSuspect = deliveryCount > delivery + 1;
  return { tries: isSuspect ? tries + 1 : tries, isSuspect };
}

/**
 * Whether a suspect is tried while no other one is. Pure.
 *
 * After one crash all that the process held is suspect, and most of it is innocent: that is tried
 * side by side, as anything else. What was in a process when it died for the second time, and what
 * has its last try, is tried alone.
 */
export function isTriedAlone(attempt: number, mostAttempts: number): boolean {
  return attempt >= Math.min(3, mostAttempts);
}
