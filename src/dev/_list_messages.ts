import type { StoredMessage } from "./_event_log.ts";
import type { AnyEvent } from "./published.ts";

const MAX_LISTED = 20;
const MAX_TEXT = 200;

/** Says for people which messages were stored: their types, subjects and contents. */
export function listMessages(
  messages: readonly StoredMessage[],
  events: readonly AnyEvent[],
): string {
  if (messages.length === 0) return " no events at all";
  const lines = messages.slice(-MAX_LISTED).map((message) => `\n  ${describe(message, events)}`);
  const left = messages.length - lines.length;
  return (left > 0 ? ` ${messages.length}, the last ${MAX_LISTED} of them` : "") + lines.join("");
}

function describe({ subject, data }: StoredMessage, events: readonly AnyEvent[]): string {
  const event = events.find((event) => event.subject.match(subject) !== undefined);
  if (event === undefined) return `${subject}: ${data.length} bytes`;
  return `${event.typeName} on ${subject}: ${shorten(contentOf(event, data))}`;
}

function contentOf(event: AnyEvent, data: Uint8Array): string {
  try {
    return JSON.stringify(event.codec.decode(data), toPlain) ?? "undefined";
  } catch (error) {
    return `${data.length} bytes (${error instanceof Error ? error.message : error})`;
  }
}

/** What JSON does not know; and the type, which is said already. */
function toPlain(key: string, value: unknown): unknown {
  if (key === "$typeName") return undefined;
  return typeof value === "bigint" ? `${value}` : value;
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
