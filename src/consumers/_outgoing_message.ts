import { type Connection, invalid, payloadTooLarge } from "../connection/mod.ts";
import {
  checkHeaders,
  type HeadersRecord,
  inNamespace,
  MessageHeaders,
  type ShizukuError,
} from "../core/mod.ts";
import type { EventDefinition } from "./event.ts";
import type { MessageIds } from "./_message_ids.ts";
import { headerLine, linesOf, OutgoingHeaders } from "./_outgoing_headers.ts";
import type { Expectation, PublishOptions } from "./publish_options.ts";

/** An event as it goes to its stream. */
export interface OutgoingMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** The one message id of all tries. */
  readonly id: string;
  /** Lines of its headers, without the id. */
  readonly lines: string;
}

/** The first words of an error of publishing a message. */
export function actionOf(subject: string): string {
  return `Cannot publish on ${subject}`;
}

/** The headers of a message, and maybe more lines. */
export function headersOf(
  { id, lines }: Pick<OutgoingMessage, "id" | "lines">,
  more: string = "",
): OutgoingHeaders {
  return new OutgoingHeaders(headerLine("Nats-Msg-Id", id) + lines + more);
}

/** Makes messages of events, all of one kind. */
export class Composer<T, Init> {
  readonly #event: EventDefinition<T, Init>;
  readonly #namespace: string | undefined;
  readonly #ids: MessageIds;
  #known: { headers: HeadersRecord; lines: string } | undefined;

  constructor(
    event: EventDefinition<T, Init>,
    namespace: string | undefined,
    ids: MessageIds,
  ) {
    this.#event = event;
    this.#namespace = namespace;
    this.#ids = ids;
  }

  /**
   * Makes the message of an event.
   *
   * @throws {ShizukuError} `invalid_argument` for an event, a header or an option that makes none.
   */
  compose(init: Init, options: PublishOptions): OutgoingMessage {
    const event = this.#event;
    const value = event.complete(init);
    const subject = inNamespace(this.#namespace, event.subjectOf(value));
    const given = options.id ?? event.id?.(value);
    if (given !== undefined) checkId(subject, given);
    return {
      subject,
      payload: event.codec.encode(value),
      id: given ?? this.#ids.next(),
      lines: this.#lines(value, options.headers) + optionLines(subject, options),
    };
  }

  #lines(value: T, called: HeadersRecord | undefined): string {
    const own = this.#event.headersOf?.(value);
    if (own === undefined) return called === undefined ? "" : this.#written(called);
    return this.#written(called === undefined ? own : merge(own, called));
  }

  /** The same record again and again is written once. */
  #written(headers: HeadersRecord): string {
    if (this.#known?.headers === headers) return this.#known.lines;
    const lines = writeLines(headers);
    if (Object.isFrozen(headers)) this.#known = { headers, lines };
    return lines;
  }
}

function writeLines(headers: HeadersRecord): string {
  checkHeaders(headers);
  return linesOf(MessageHeaders.from(headers));
}

function merge(own: HeadersRecord, called: HeadersRecord): HeadersRecord {
  const names = new Set(Object.keys(called).map((name) => name.toLowerCase()));
  const kept = Object.entries(own).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...called };
}

function checkId(subject: string, id: string): void {
  if (isLine(id)) return;
  throw refusal(subject, "its id must be trimmed text without control characters", id);
}

/** Whether the server reads a text in a header as it was written. */
function isLine(text: unknown): boolean {
  return typeof text === "string" && text !== "" && text.trim() === text &&
    !/[\p{Cc}\p{Cs}]/u.test(text);
}

function optionLines(subject: string, { expect, ttlMs }: PublishOptions): string {
  let lines = expect === undefined ? "" : expectationLines(subject, expect);
  if (ttlMs !== undefined) lines += headerLine("Nats-TTL", ttlText(subject, ttlMs));
  return lines;
}

/** A time to live as the server reads it, in seconds. */
export function ttlText(subject: string, ttlMs: number): string {
  if (Number.isFinite(ttlMs) && ttlMs >= 1_000) return `${Math.ceil(ttlMs / 1_000)}s`;
  throw refusal(subject, "ttlMs must be at least 1000", ttlMs);
}

/** Lines that make the server check an expectation. */
export function expectationLines(subject: string, expect: Expectation): string {
  const { stream, lastSequence, lastSubjectSequence, lastMessageId } = expect;
  const other = expect.lastSubjectSequenceSubject;
  if (other !== undefined && lastSubjectSequence === undefined) {
    throw refusal(subject, "lastSubjectSequenceSubject goes with lastSubjectSequence", "none");
  }
  const lines: [name: string, value: string | number | undefined][] = [
    ["Stream", stream],
    ["Last-Sequence", lastSequence],
    ["Last-Subject-Sequence", lastSubjectSequence],
    ["Last-Subject-Sequence-Subject", other],
    ["Last-Msg-Id", lastMessageId],
  ];
  return lines.map(([name, value]) =>
    value === undefined ? "" : checkedLine(subject, `Nats-Expected-${name}`, value)
  ).join("");
}

function checkedLine(subject: string, name: string, value: string | number): string {
  const isGood = typeof value === "number"
    ? Number.isSafeInteger(value) && value >= 0
    : isLine(value);
  if (!isGood) throw refusal(subject, `${name} must be a whole number or a text`, value);
  return headerLine(name, value);
}

/**
 * Refuses what the server would cut the connection for.
 *
 * @throws {ShizukuError} `resource_exhausted` that names both sizes.
 */
export function checkSize(
  connection: Connection,
  subject: string,
  payloadBytes: number,
  headerBytes: number,
): void {
  const max = connection.info?.max_payload;
  if (max === undefined || payloadBytes + headerBytes <= max) return;
  const isAlone = payloadBytes > max;
  throw payloadTooLarge({
    action: actionOf(subject),
    what: isAlone ? "an event" : "an event with its headers",
    size: isAlone ? payloadBytes : payloadBytes + headerBytes,
    max,
    stage: "pre",
  });
}

function refusal(subject: string, reason: string, current: unknown): ShizukuError {
  const shown = typeof current === "string" ? JSON.stringify(current) : String(current);
  return invalid(`${actionOf(subject)} as ${reason}: current value is ${shown}`);
}
