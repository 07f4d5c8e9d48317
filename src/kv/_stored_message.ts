import { JetStreamError } from "../connection/mod.ts";
import { decodeBase64 } from "./_base64.ts";
import type { StoredHeaders } from "./_bucket_entry.ts";

/** A message of a stream, as the leader gives it. */
export interface StoredMessage {
  /** Its subject. */
  readonly subject: string;
  /** Its sequence. */
  readonly sequence: number;
  /** Its payload. */
  readonly data: Uint8Array;
  /** Its headers. */
  readonly headers: StoredHeaders | undefined;
  /** When it was stored. */
  readonly created: Date;
}

/** The answer of `$JS.API.STREAM.MSG.GET`, with binary parts in base64. */
interface Wire {
  readonly message?: {
    readonly subject: string;
    readonly seq: number;
    readonly time: string;
    readonly data?: string;
    readonly hdrs?: string;
  };
  readonly error?: {
    readonly code: number;
    readonly err_code?: number;
    readonly description?: string;
  };
}

const NO_MESSAGE = 10037;
const EMPTY = /* @__PURE__ */ new Uint8Array();

/**
 * Reads what the leader answers to a question for one message.
 *
 * @returns The message, or `undefined` if there is none.
 * @throws {JetStreamError} If the server refuses.
 */
export function readStoredMessage(json: string): StoredMessage | undefined {
  const { message, error }: Wire = JSON.parse(json);
  if (error !== undefined) {
    const { code, err_code = code, description = "no reason given" } = error;
    if (err_code === NO_MESSAGE) return undefined;
    throw new JetStreamError(err_code, code, description);
  }
  if (message === undefined) throw new Error("the answer holds no message");
  const { subject, seq, time, data, hdrs } = message;
  return {
    subject,
    sequence: seq,
    data: data === undefined ? EMPTY : decodeBase64(data),
    headers: hdrs === undefined ? undefined : readHeaders(decodeBase64(hdrs)),
    created: new Date(time),
  };
}

/** Reads headers as they stand in a message. */
function* readHeaders(bytes: Uint8Array): Generator<[string, string[]]> {
  for (const line of new TextDecoder().decode(bytes).split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) yield [line.slice(0, colon), [line.slice(colon + 1).trim()]];
  }
}
