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
    headers: hdrs === undefined ? undefined : new HeaderText(decodeBase64(hdrs)),
    created: new Date(time),
  };
}

/** Headers as they stand in a message, of which few are asked for. */
class HeaderText implements StoredHeaders {
  readonly #text: string;

  constructor(bytes: Uint8Array) {
    this.#text = new TextDecoder().decode(bytes);
  }

  get(name: string): string {
    const line = `\r\n${name}:`;
    const start = this.#text.indexOf(line);
    if (start < 0) return "";
    const end = this.#text.indexOf("\r\n", start + line.length);
    return this.#text.slice(start + line.length, end < 0 ? undefined : end).trim();
  }
}
