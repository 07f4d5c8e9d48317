import { DirectMsgHeaders } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/nats-core";
import { type Border, readStored } from "../connection/mod.ts";
import { decodeBase64 } from "./_base64.ts";
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

const NOTHING: StoredBytes = { bytes: new Uint8Array(), revision: 0, created: undefined };
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
  const found = await readStored(border, stream, { last_by_subj: subject }, timeoutMs);
  if (found === undefined) return NOTHING;
  const { data = "", seq, time } = found;
  return { bytes: decodeBase64(data), revision: seq, created: new Date(time) };
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
