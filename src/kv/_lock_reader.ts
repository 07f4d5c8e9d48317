import { DirectMsgHeaders } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/nats-core";
import { type Border, JetStreamError } from "../connection/mod.ts";
import { OPERATION_HEADER } from "./_bucket_entry.ts";
import { saysNobody } from "./_kv_error.ts";

/** A message as it is stored under a key: empty and of revision 0 if there is none. */
export interface StoredBytes {
  /** Its payload. */
  readonly bytes: Uint8Array;
  /** Its sequence. */
  readonly revision: number;
  /** When the server stored it. */
  readonly created: Date | undefined;
  /** Name of the stream that it was read directly from. */
  readonly stream?: string | undefined;
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
const NOT_FOUND = 404;

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

/**
 * Reads the last message of a subject from whoever has it, which costs a server a third of the
 * above. Only where a stream has one server that is the leader, too.
 *
 * @returns Nothing if nobody answers: the leader will say why.
 */
export async function readLastDirectly(
  border: Border,
  stream: string,
  subject: string,
  timeoutMs: number,
): Promise<StoredBytes | undefined> {
  let reply: Msg;
  try {
    const question = `$JS.API.DIRECT.GET.${stream}.${subject}`;
    reply = await border.call(question, undefined, { timeoutMs });
  } catch (error) {
    if (saysNobody(error)) return undefined;
    throw error;
  }
  const { data, headers } = reply;
  if (headers?.code === NOT_FOUND) return NOTHING;
  const revision = Number(headers?.get(DirectMsgHeaders.Sequence));
  if (!(revision > 0)) return undefined;
  const isPut = !headers?.has(OPERATION_HEADER);
  const created = new Date(headers?.get(DirectMsgHeaders.TimeStamp) ?? 0);
  const bytes = isPut ? data : NOTHING.bytes;
  return { bytes, revision, created, stream: headers?.get(DirectMsgHeaders.Stream) };
}
