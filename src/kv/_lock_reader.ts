import type { Border } from "../connection/mod.ts";
import { JetStreamError } from "../connection/mod.ts";

/** A message as it is stored under a key: empty and of revision 0 if there is none. */
export interface StoredBytes {
  /** Its payload. */
  readonly bytes: Uint8Array;
  /** Its sequence. */
  readonly revision: number;
  /** When the server stored it. */
  readonly created: Date | undefined;
}

interface Wire {
  readonly message?: { readonly seq: number; readonly time: string; readonly data?: string };
  readonly error?: {
    readonly code: number;
    readonly err_code?: number;
    readonly description?: string;
  };
}

const NOTHING: StoredBytes = { bytes: new Uint8Array(), revision: 0, created: undefined };
const NO_MESSAGE = 10037;

/**
 * Reads the last message of a subject from the leader of its stream: what was acknowledged before
 * is seen. (A leader that was cut off and does not know it yet may answer with an older one.)
 *
 * @throws {JetStreamError} If the server refuses.
 */
export async function readLast(
  border: Border,
  stream: string,
  subject: string,
  timeoutMs: number,
): Promise<StoredBytes> {
  const question = JSON.stringify({ last_by_subj: subject });
  const reply = await border.call(`$JS.API.STREAM.MSG.GET.${stream}`, question, { timeoutMs });
  const { message, error }: Wire = reply.json();
  if (message !== undefined) {
    const { data = "", seq, time } = message;
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    return { bytes, revision: seq, created: new Date(time) };
  }
  const { code = 500, err_code = code, description = "no reason given" } = error ?? {};
  if (err_code === NO_MESSAGE) return NOTHING;
  throw new JetStreamError(err_code, code, description);
}
