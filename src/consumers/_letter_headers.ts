import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { type Code, isCode, MessageHeaders, type ShizukuError } from "../core/mod.ts";
import type { Origin } from "./_delivery.ts";

/** Headers with which a message lies among the dead letters, and is tried anew. */
const HEADER = {
  subject: "Shizuku-Dead-Subject",
  stream: "Shizuku-Dead-Stream",
  sequence: "Shizuku-Dead-Sequence",
  time: "Shizuku-Dead-Time",
  id: "Shizuku-Dead-Id",
  attempts: "Shizuku-Dead-Attempts",
  code: "Shizuku-Dead-Code",
  message: "Shizuku-Dead-Message",
  /** Only when it is tried anew: subject of the dead letter. */
  letter: "Shizuku-Dead-Letter",
} as const;

/** What the headers of a dead letter say, apart from where it came from. */
export interface Verdict {
  readonly attempts: number;
  readonly code: Code;
  readonly message: string;
}

/** Longest error message that is kept, in characters. */
const MAX_MESSAGE = 1_000;

/** The headers of a new dead letter: the original's, where it came from, and why it is here. */
export function letterHeaders(
  original: MsgHdrs | undefined,
  { subject, stream, sequence, time, id }: Origin,
  attempts: number,
  { code, message }: ShizukuError,
): MsgHdrs {
  const target = createHeaders();
  copyOriginal(original, target);
  target.set(HEADER.subject, subject);
  target.set(HEADER.stream, stream);
  target.set(HEADER.sequence, String(sequence));
  target.set(HEADER.time, time.toISOString());
  if (id !== undefined) target.set(HEADER.id, printable(id));
  target.set(HEADER.attempts, String(attempts));
  target.set(HEADER.code, code);
  target.set(HEADER.message, printable(message).slice(0, MAX_MESSAGE));
  return target;
}

/** The headers of the copy that is tried anew. */
export function redriveHeaders(letter: MsgHdrs, subject: string): MsgHdrs {
  const target = createHeaders();
  for (const [name, values] of letter) {
    if (!isNats(name)) { for (const value of values) target.append(name, value); }
  }
  target.set(HEADER.letter, subject);
  return target;
}

/** Where the original of a dead letter was. */
export function originOf(headers: MsgHdrs): Origin {
  return {
    subject: headers.get(HEADER.subject),
    stream: headers.get(HEADER.stream),
    sequence: Number(headers.get(HEADER.sequence)),
    time: new Date(headers.get(HEADER.time)),
    id: headers.get(HEADER.id) || undefined,
  };
}

/** Why a message is a dead letter. */
export function verdictOf(headers: MsgHdrs): Verdict {
  const code = headers.get(HEADER.code);
  return {
    attempts: Number(headers.get(HEADER.attempts)),
    code: isCode(code) ? code : "unknown",
    message: headers.get(HEADER.message),
  };
}

/** Subject of the dead letter that a message is a copy of. */
export function letterOf(headers: MsgHdrs | undefined): string | undefined {
  return headers?.get(HEADER.letter) || undefined;
}

/** The headers that the original had, apart from those that were for the server. */
export function originalHeaders(headers: MsgHdrs | undefined): MessageHeaders {
  const target = createHeaders();
  copyOriginal(headers, target);
  return MessageHeaders.from(target);
}

function copyOriginal(source: MsgHdrs | undefined, target: MsgHdrs): void {
  for (const [name, values] of source ?? []) {
    if (isNats(name) || /^shizuku-dead-/i.test(name)) continue;
    for (const value of values) target.append(name, value);
  }
}

/** `Nats-*` tell the server what to do with a message: its id, its expectations. */
function isNats(name: string): boolean {
  return /^nats-/i.test(name);
}

/** A header ends at a line break, and other control characters have no place in it either. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}
