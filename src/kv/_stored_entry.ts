import type { StoredMessage } from "../connection/mod.ts";
import { decodeBase64 } from "./_base64.ts";
import { entryOf, factsOfRevision, type StoredHeaders } from "./_bucket_entry.ts";
import type { BucketEntry } from "./bucket.ts";

/**
 * Reads an entry from a stored message.
 *
 * @param prefix Of subjects, before the keys.
 */
export function readStoredEntry(message: StoredMessage, prefix: string): BucketEntry {
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
