import { borderOf, type Connection, invalid, requireServer } from "../connection/mod.ts";
import { headerLine } from "./_outgoing_headers.ts";
import { type OutgoingMessage, ttlText } from "./_outgoing_message.ts";
import { toPublishError } from "./_publish_error.ts";
import { type PublishContext, publishMessage } from "./_publish_message.ts";
import { purgeSubject } from "./_purge_subject.ts";
import { scheduleSubject } from "./_schedule_subject.ts";
import type { Scheduled, ScheduleOptions, ScheduleTime } from "./publish_options.ts";

const SINCE = "2.12.0";
/** How long the server may take to cancel, in milliseconds. */
const TIMEOUT_MS = 5_000;

/** A message that is to be published later. */
export interface ScheduledMessage {
  readonly message: OutgoingMessage;
  readonly namespace: string | undefined;
  /** An id for the schedule itself: the message's own would make its publishing a duplicate. */
  readonly scheduleId: string;
}

/** Stores a message under a subject of its own, from which the server publishes it when it is due. */
export async function scheduleMessage(
  context: PublishContext,
  { message, namespace, scheduleId }: ScheduledMessage,
  options: ScheduleOptions,
): Promise<Scheduled> {
  const { connection } = context;
  const action = `Cannot schedule on ${message.subject}`;
  requireServer(connection, action, SINCE);
  const at = dueAt(action, options, Date.now());
  const subject = `${scheduleSubject(namespace, message.subject)}.${asToken(message.id)}`;
  const lines = headerLine("Nats-Schedule", `@at ${at.toISOString()}`) +
    headerLine("Nats-Schedule-Target", message.subject) +
    (options.ttlMs === undefined
      ? ""
      : headerLine("Nats-Schedule-TTL", ttlText(message.subject, options.ttlMs)));
  const schedule = { ...message, subject, id: scheduleId, lines: message.lines + lines };
  const { stream } = await publishMessage(context, schedule, options.signal, false);
  return { stream, subject, at, cancel: () => cancel(connection, { stream, subject }) };
}

/** When it is due, by this process's clock. */
function dueAt(action: string, { at, afterMs }: ScheduleTime, now: number): Date {
  const time = at?.getTime() ?? now + (afterMs ?? Number.NaN);
  const isGood = Number.isFinite(time) && (afterMs === undefined || afterMs >= 0);
  if (isGood && (at === undefined) !== (afterMs === undefined)) return new Date(time);
  throw invalid(
    `${action} as it must have a valid { at } or { afterMs } from 0: current value is ` +
      `${at ?? afterMs}`,
  );
}

/** An id as one token of a subject; different ids make different tokens. */
function asToken(id: string): string {
  return encodeURIComponent(id).replaceAll(".", "%2E").replaceAll("*", "%2A");
}

/** Does what `cancelScheduled()` says. */
export async function cancel(
  connection: Connection,
  { stream, subject }: Pick<Scheduled, "stream" | "subject">,
): Promise<boolean> {
  const action = `Cannot cancel ${subject}`;
  try {
    // Asked once: a second answer would say that nothing waited.
    return await purgeSubject(borderOf(connection), stream, subject, TIMEOUT_MS) > 0;
  } catch (thrown) {
    throw toPublishError(thrown, action);
  }
}
