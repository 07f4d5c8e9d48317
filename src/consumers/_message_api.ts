import { type Border, JetStreamError } from "../connection/mod.ts";

/** A message that a stream has stored. */
export interface StoredMessage {
  readonly seq: number;
  readonly subject: string;
  /** Payload in Base64; none if it is empty. */
  readonly data?: string;
  /** Headers in Base64. */
  readonly hdrs?: string;
  /** When it was stored, as RFC 3339. */
  readonly time: string;
}

/** Number of the error for a message that a stream does not have. */
export const NO_MESSAGE_FOUND = 10037;

interface Answer {
  readonly message?: StoredMessage;
  readonly purged?: number;
  readonly error?: {
    readonly code: number;
    readonly err_code?: number;
    readonly description?: string;
  };
}

async function ask(
  border: Border,
  subject: string,
  request: object,
  timeoutMs: number,
): Promise<Answer> {
  const reply = await border.call(subject, JSON.stringify(request), { timeoutMs });
  const answer = JSON.parse(new TextDecoder().decode(reply.data)) as Answer;
  const { error } = answer;
  if (error === undefined) return answer;
  const { code, err_code = code, description = "no reason given" } = error;
  throw new JetStreamError(err_code, code, description);
}

/** The last message of a subject, read from the stream's leader, if there is one. */
export async function readLast(
  border: Border,
  stream: string,
  subject: string,
  timeoutMs: number,
): Promise<StoredMessage | undefined> {
  const request = { last_by_subj: subject };
  try {
    return (await ask(border, `$JS.API.STREAM.MSG.GET.${stream}`, request, timeoutMs)).message;
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === NO_MESSAGE_FOUND) return undefined;
    throw thrown;
  }
}

/**
 * Removes the messages of a subject.
 *
 * @returns How many there were.
 */
export async function purgeSubject(
  border: Border,
  stream: string,
  subject: string,
  timeoutMs: number,
): Promise<number> {
  const request = { filter: subject };
  const answer = await ask(border, `$JS.API.STREAM.PURGE.${stream}`, request, timeoutMs);
  return answer.purged ?? 0;
}

/** Whether a stream refused a message since its subject has one already. */
export function isTaken(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return code === 10071 || code === 10164;
}
