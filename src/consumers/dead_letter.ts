import type { JsMsg } from "@nats-io/jetstream";
import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { type Connection, fromNatsError } from "../connection/mod.ts";
import { type Code, inNamespace, isCode, resourceName, type ShizukuError } from "../core/mod.ts";
import { apiErrorCode, jetstream, manager } from "./_jetstream.ts";
import { ensureStream } from "./stream.ts";

/** A message that a hook has given up. */
export interface DeadLetter {
  /** Sequence in the stream of dead letters. */
  readonly sequence: number;
  /** The hook that gave up. */
  readonly hook: string;
  /** Subject on which the message came. */
  readonly subject: string;
  /** Stream that it came from. */
  readonly stream: string;
  /** Its sequence there. */
  readonly streamSequence: number;
  /** How often it was tried. */
  readonly attempts: number;
  /** Code of the last error. */
  readonly code: Code;
  /** Message of the last error. */
  readonly message: string;
  /** When it was given up. */
  readonly time: Date;
  /** The message as it was. */
  readonly payload: Uint8Array;
}

/** The dead letters of one component. */
export interface DeadLetters {
  /** How many there are. */
  count(): Promise<number>;
  /** All of them, the oldest first. */
  list(): AsyncIterable<DeadLetter>;
}

const HEADER = {
  subject: "Shizuku-Dead-Subject",
  stream: "Shizuku-Dead-Stream",
  sequence: "Shizuku-Dead-Sequence",
  attempts: "Shizuku-Dead-Attempts",
  code: "Shizuku-Dead-Code",
  message: "Shizuku-Dead-Message",
} as const;

const NO_MESSAGE_FOUND = 10037;

function streamName(namespace: string | undefined, component: string): string {
  return resourceName(namespace, component, "dead");
}

function subjectOf(namespace: string | undefined, component: string, hook: string): string {
  return inNamespace(namespace, `dead.${component}.${hook}`);
}

/** Creates the stream of a component's dead letters: kept until somebody deals with them. */
export function ensureDeadLetters(
  connection: Connection,
  component: string,
  namespace?: string,
): Promise<void> {
  return ensureStream(connection, {
    name: streamName(namespace, component),
    subjects: [subjectOf(namespace, component, "*")],
    retention: "limits",
    description: `Messages that hooks of component ${component} have given up`,
  });
}

/** What writes a message to the dead letters. Rejects if the stream has not stored it. */
export type WriteDeadLetter = (
  message: JsMsg,
  attempts: number,
  error: ShizukuError,
) => Promise<void>;

/** Makes the writer of one hook. */
export function deadLetterWriter(
  connection: Connection,
  component: string,
  hook: string,
  namespace?: string,
): WriteDeadLetter {
  const client = jetstream(connection);
  const subject = subjectOf(namespace, component, hook);
  return async (message, attempts, error) => {
    const { stream, streamSequence } = message.info;
    // One dead letter for each message and hook, also when the write is repeated.
    const msgID = `${stream}.${streamSequence}.${hook}`;
    const headers = toHeaders(message, attempts, error);
    await client.publish(subject, message.data, { msgID, headers, retries: 5 });
  };
}

function toHeaders(message: JsMsg, attempts: number, error: ShizukuError): MsgHdrs {
  const target = createHeaders();
  for (const [name, values] of message.headers ?? []) {
    // Nats-* tell the server what to do with the original: its id, its expectations.
    if (!/^nats-/i.test(name)) { for (const value of values) target.append(name, value); }
  }
  target.set(HEADER.subject, message.subject);
  target.set(HEADER.stream, message.info.stream);
  target.set(HEADER.sequence, String(message.info.streamSequence));
  target.set(HEADER.attempts, String(attempts));
  target.set(HEADER.code, error.code);
  target.set(HEADER.message, error.message.replace(/[\r\n]+/g, " "));
  return target;
}

/**
 * Looks into the dead letters of a component.
 *
 * @example
 * ```ts ignore
 * import { deadLetters } from "@shizuku/shizuku/consumers";
 *
 * for await (const letter of deadLetters(nc, "delays").list()) {
 *   console.log(letter.hook, letter.code, letter.message);
 * }
 * ```
 */
export function deadLetters(
  connection: Connection,
  component: string,
  namespace?: string,
): DeadLetters {
  const name = streamName(namespace, component);
  const action = `Cannot read the dead letters of ${component}`;
  const state = async () => {
    try {
      return (await (await manager(connection)).streams.info(name)).state;
    } catch (thrown) {
      throw fromNatsError(thrown, action);
    }
  };
  return {
    count: async () => (await state()).messages,
    async *list() {
      const { streams } = await manager(connection);
      const { first_seq: first, last_seq: last } = await state();
      for (let sequence = first; sequence <= last; sequence++) {
        const stored = await streams.getMessage(name, { seq: sequence }).catch(ignoreMissing);
        if (stored) yield fromStored(stored);
      }
    },
  };
}

function ignoreMissing(thrown: unknown): undefined {
  if (apiErrorCode(thrown) !== NO_MESSAGE_FOUND) throw thrown;
}

interface Stored {
  readonly seq: number;
  readonly subject: string;
  readonly header: MsgHdrs;
  readonly data: Uint8Array;
  readonly time: Date;
}

function fromStored({ seq, subject, header, data, time }: Stored): DeadLetter {
  const code = header.get(HEADER.code);
  return {
    sequence: seq,
    hook: subject.slice(subject.lastIndexOf(".") + 1),
    subject: header.get(HEADER.subject),
    stream: header.get(HEADER.stream),
    streamSequence: Number(header.get(HEADER.sequence)),
    attempts: Number(header.get(HEADER.attempts)),
    code: isCode(code) ? code : "unknown",
    message: header.get(HEADER.message),
    time,
    payload: data,
  };
}
