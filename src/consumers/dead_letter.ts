import type { MsgHdrs } from "@nats-io/nats-core";
import { type Border, fromNatsError, isConflict, store } from "../connection/mod.ts";
import {
  backoffMs,
  type Code,
  delay,
  type MessageHeaders,
  type ShizukuError,
} from "../core/mod.ts";
import type { Delivery } from "./_delivery.ts";
import { letterHeaders, originalHeaders, originOf, verdictOf } from "./_letter_headers.ts";
import type { HookNames } from "./_names.ts";

/**
 * A message that a hook has given up.
 *
 * @example
 * ```ts ignore
 * import { deadLetters } from "@shizuku/shizuku/consumers";
 *
 * for await (const letter of deadLetters(nc, "delays").list()) {
 *   console.log(letter.time, letter.subject, letter.code, letter.message);
 *   console.log(flightReported.codec.decode(letter.payload));
 * }
 * ```
 */
export interface DeadLetter {
  /** Sequence in the stream of dead letters, by which it is found. */
  readonly sequence: number;
  /** The hook that gave up. */
  readonly hook: string;
  /** Subject on which the message came. */
  readonly subject: string;
  /** Stream that it came from. */
  readonly stream: string;
  /** Its sequence there. */
  readonly streamSequence: number;
  /** When it was stored there. */
  readonly streamTime: Date;
  /** The message id that it was published with, if it had one. */
  readonly id: string | undefined;
  /** How often it was tried. */
  readonly attempts: number;
  /** Code of the last error. */
  readonly code: Code;
  /** Message of the last error. */
  readonly message: string;
  /** When it was given up. */
  readonly time: Date;
  /** The headers that it came with, apart from those for the server (`Nats-*`). */
  readonly headers: MessageHeaders;
  /** The message as it was. */
  readonly payload: Uint8Array;
}

/** What is stored of a dead letter. */
export interface StoredLetter {
  readonly seq: number;
  readonly subject: string;
  readonly header: MsgHdrs;
  readonly data: Uint8Array;
  readonly time: Date;
}

/** Reads a dead letter. */
export function toDeadLetter({ seq, subject, header, data, time }: StoredLetter): DeadLetter {
  const { subject: from, stream, sequence, time: streamTime, id } = originOf(header);
  return {
    sequence: seq,
    hook: hookOf(subject),
    subject: from,
    stream,
    streamSequence: sequence,
    streamTime,
    id,
    ...verdictOf(header),
    time,
    headers: originalHeaders(header),
    payload: data,
  };
}

/** The hook in `dead.<component>.<hook>.<stream>.<sequence>-<time>`, which may have a namespace before it. */
function hookOf(subject: string): string {
  return subject.split(".").at(-3) ?? "";
}

/** What tells a message from all others, also from those of a stream of the same name before it. */
export function keyOf({ info }: Delivery): string {
  return `${info.stream}.${info.streamSequence}-${info.storedAt}`;
}

/** What writes a message to the dead letters. Rejects if the stream has not stored it. */
export type WriteDeadLetter = (
  delivery: Delivery,
  attempts: number,
  error: ShizukuError,
) => Promise<void>;

const TRIES = 3;
const TIMEOUT_MS = 5_000;

/**
 * Makes the writer of one hook.
 *
 * Each message has a subject of its own, which must be free: so it becomes one letter, however often
 * the write is repeated and however much later.
 */
export function deadLetterWriter(border: Border, names: HookNames, hook: string): WriteDeadLetter {
  return async (delivery, attempts, error) => {
    const { message, origin } = delivery;
    const subject = names.letter(hook, keyOf(delivery));
    const headers = letterHeaders(message.headers, origin, attempts, error);
    await storeOnce(border, subject, message.data, headers);
  };
}

/**
 * Stores a message under a subject that has none. One that is there counts as stored.
 *
 * @throws {ShizukuError} If no try was acknowledged.
 */
export async function storeOnce(
  border: Border,
  subject: string,
  payload: Uint8Array,
  headers: MsgHdrs,
): Promise<void> {
  headers.set("Nats-Expected-Last-Subject-Sequence", "0");
  for (let count = 1;; count++) {
    try {
      await store(border, subject, payload, { timeoutMs: TIMEOUT_MS, headers });
      return;
    } catch (thrown) {
      // Its subject has one already.
      if (isConflict(thrown)) return;
      if (count >= TRIES) throw fromNatsError(thrown, `Cannot store on ${subject}`, "post");
      await delay(backoffMs(count, { initialMs: 100, maxMs: 1_000 }));
    }
  }
}
