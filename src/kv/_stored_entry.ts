import { JetStreamError } from "../connection/mod.ts";
import { decodeBase64 } from "./_base64.ts";
import { entryOf, factsOfRevision, type StoredHeaders } from "./_bucket_entry.ts";
import type { BucketEntry } from "./bucket.ts";

/** The answer of `$JS.API.STREAM.MSG.GET`, with binary parts in base64. */
interface Answer {
  readonly message?: {
    readonly subject: string;
    readonly seq: number;
    readonly time: string;
    readonly data?: string;
    readonly hdrs?: string;
  };
  readonly error?: {
    readonly code: number;
    readonly err_code: number;
    readonly description: string;
  };
}

const NO_MESSAGE = 10037;

/**
 * Reads what the leader answers to a question for one message.
 *
 * @param prefix Of subjects, before the keys.
 * @returns The entry, or `undefined` if there is none.
 * @throws {JetStreamError} If the server refuses.
 */
export function readStoredEntry(
  { message, error }: Answer,
  prefix: string,
): BucketEntry | undefined {
  if (error !== undefined) {
    if (error.err_code === NO_MESSAGE) return undefined;
    throw new JetStreamError(error.err_code, error.code, error.description);
  }
  if (message === undefined) throw new Error("the answer holds no message");
  const { subject, seq, time, data = "", hdrs } = message;
  const headers = hdrs === undefined ? undefined : readHeaders(hdrs);
  const facts = factsOfRevision(headers, seq, new Date(time));
  return entryOf(subject.slice(prefix.length), decodeBase64(data), facts);
}

/** Reads headers as they stand in a message. */
function* readHeaders(base64: string): StoredHeaders {
  for (const line of new TextDecoder().decode(decodeBase64(base64)).split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) yield [line.slice(0, colon), [line.slice(colon + 1).trim()]];
  }
}
