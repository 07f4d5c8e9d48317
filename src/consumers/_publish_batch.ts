import { type Border, invalid, requireServer, store } from "../connection/mod.ts";
import type { MessageIds } from "./_message_ids.ts";
import { headerLine } from "./_outgoing_headers.ts";
import {
  actionOf,
  checkSize,
  expectationLines,
  headersOf,
  type OutgoingMessage,
} from "./_outgoing_message.ts";
import { BATCH_INCOMPLETE, DUPLICATE_IN_BATCH, jetStreamNumber } from "./_publish_error.ts";
import { findStored, type PublishContext } from "./_publish_message.ts";
import { retryPublish } from "./_retry_publish.ts";
import type { BatchAck, PublishBatchOptions } from "./publish_options.ts";

/** From 2.12.1 on a batch may carry message ids. */
const SINCE = "2.12.1";
/** How often a batch of which the server lacks a part is sent once more. */
const INCOMPLETE_TRIES = 3;

/**
 * Stores all messages or none, however many tries it takes.
 *
 * @param ids Name each try: the server may still hold a part of an earlier one.
 */
export async function publishMessages(
  context: PublishContext,
  messages: readonly OutgoingMessage[],
  options: Pick<PublishBatchOptions, "expect" | "signal">,
  ids: MessageIds,
): Promise<BatchAck> {
  const { connection, border, policy } = context;
  const last = messages.at(-1);
  if (last === undefined) {
    throw invalid("Cannot publish a batch as it must have an event");
  }
  const { subject } = last;
  requireServer(connection, `${actionOf(subject)} in a batch`, SINCE);
  const first = options.expect ? expectationLines(messages[0]!.subject, options.expect) : "";
  const batch = { messages, first, ids };
  let incomplete = 0;
  const attempt = async () => {
    try {
      return await sendBatch(context, batch, options.signal);
    } catch (thrown) {
      if (isIncomplete(thrown) && ++incomplete < INCOMPLETE_TRIES) throw new Incomplete(thrown);
      const stored = await findBatch(border, messages, thrown, policy.timeoutMs);
      if (stored === undefined) throw thrown;
      return stored;
    }
  };
  try {
    return await attempt();
  } catch (thrown) {
    const retried = { subject, signal: options.signal, attempt };
    return await retryPublish(border, thrown, retried, policy);
  }
}

/** A part was lost on the way, which passes. */
class Incomplete extends Error {
  constructor(cause: unknown) {
    super((cause as Error).message, { cause });
  }
}

function isIncomplete(thrown: unknown): boolean {
  return jetStreamNumber(thrown) === BATCH_INCOMPLETE;
}

interface Batch {
  readonly messages: readonly OutgoingMessage[];
  /** More lines of the first message. */
  readonly first: string;
  readonly ids: MessageIds;
}

/** Sends all messages; only the last is answered, for the server speaks for the batch then. */
async function sendBatch(
  { connection, border, policy: { timeoutMs } }: PublishContext,
  { messages, first, ids }: Batch,
  signal: AbortSignal | undefined,
): Promise<BatchAck> {
  const id = headerLine("Nats-Batch-Id", ids.next());
  const all = messages.map((message, index) => {
    const isLast = index === messages.length - 1;
    const lines = id + headerLine("Nats-Batch-Sequence", index + 1) +
      (isLast ? headerLine("Nats-Batch-Commit", 1) : "") + (index === 0 ? first : "");
    const headers = headersOf(message, lines);
    checkSize(connection, message.subject, message.payload.length, headers.byteLength);
    return headers;
  });
  signal?.throwIfAborted();
  const end = messages.length - 1;
  for (let index = 0; index < end; index++) {
    const { subject, payload } = messages[index]!;
    border.nc.publish(subject, payload, { headers: all[index]! });
  }
  const { subject, payload } = messages[end]!;
  const ack = await store(border, subject, payload, { timeoutMs, headers: all[end], signal });
  return {
    stream: ack.stream,
    sequence: ack.sequence,
    count: ack.batchSize ?? messages.length,
    duplicate: false,
  };
}

/**
 * Finds a batch that an earlier try has stored: the stream knows every id.
 *
 * @returns Nothing if it does not, or the failure was another one.
 */
async function findBatch(
  border: Border,
  messages: readonly OutgoingMessage[],
  thrown: unknown,
  timeoutMs: number,
): Promise<BatchAck | undefined> {
  if (jetStreamNumber(thrown) !== DUPLICATE_IN_BATCH) return undefined;
  const found = await Promise.all(
    messages.map((message) => findStored(border, message, { timeoutMs })),
  );
  const acks = found.filter((ack) => ack !== undefined);
  if (acks.length < messages.length) return undefined;
  const sequence = Math.max(...acks.map((ack) => ack.sequence));
  return { stream: acks[0]!.stream, sequence, count: messages.length, duplicate: true };
}
