import type { Border } from "./border.ts";
import { type ApiError, JetStreamError } from "./jetstream_error.ts";

/** A message as a stream has stored it, in the JetStream API's own words. */
export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  /** When it was stored, as RFC 3339. */
  readonly time: string;
  /** Payload in Base64; none if it is empty. */
  readonly data?: string;
  /** Headers in Base64. */
  readonly hdrs?: string;
}

/** Which message of a stream is wanted. */
export type MessageQuery =
  /** The last one of a subject. */
  | { readonly last_by_subj: string }
  /** The one of a sequence, or the next one of a subject from there on. */
  | { readonly seq: number; readonly next_by_subj?: string };

/** Number of the error that there is no such message. */
export const NO_MESSAGE_FOUND = 10037;

/**
 * Reads one message from the leader of a stream: what was acknowledged before is seen. (A leader that
 * was cut off and does not know it yet may answer with an older one.)
 *
 * @returns The message, or `undefined` if there is none.
 * @throws {JetStreamError} If the server refuses.
 * @throws {Error} As {@linkcode Border.call} does, or if the answer says neither.
 */
export async function readStored(
  border: Border,
  stream: string,
  query: MessageQuery,
  timeoutMs: number,
): Promise<StoredMessage | undefined> {
  const subject = `$JS.API.STREAM.MSG.GET.${stream}`;
  const reply = await border.call(subject, JSON.stringify(query), { timeoutMs });
  const { message, error }: { message?: StoredMessage; error?: ApiError } = reply.json();
  if (message !== undefined) return message;
  if (error === undefined) throw new Error("the answer holds no message");
  // That there is none is no accident: an error would cost more than all the rest.
  if (error.err_code === NO_MESSAGE_FOUND) return undefined;
  throw JetStreamError.of(error);
}
