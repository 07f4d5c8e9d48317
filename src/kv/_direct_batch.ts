import { DirectMsgHeaders } from "@nats-io/jetstream";
import { createInbox, errors, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { inboxPrefixOf } from "../connection/mod.ts";

/** A message of a stream, as a direct read gives it. */
export interface DirectMessage {
  /** The stream that it was read from: that of a mirror, maybe. */
  readonly stream: string;
  /** Its subject. */
  readonly subject: string;
  /** What is in it. */
  readonly message: Msg;
}

/** What the answers to some questions hold. */
export interface DirectMessages {
  /** The messages by subject. */
  readonly messages: ReadonlyMap<string, DirectMessage>;
  /** From which stream each question was answered; empty for one to which there was no message. */
  readonly streams: readonly string[];
}

/** The server answers with no more than 1,024 messages. */
const MAX_SUBJECTS = 1_000;
/** A question of many subjects must fit into a message. */
const MAX_BYTES = 512 * 1024;
const END = 204;
const NOT_FOUND = 404;
const NOBODY = 503;

/**
 * Reads the last messages of many subjects, with one question for a thousand of them.
 *
 * @returns `undefined` if nobody answers such questions for the stream.
 * @see ADR-31 (JetStream direct get)
 */
export async function getBatch(
  nc: NatsConnection,
  stream: string,
  subjects: readonly string[],
  timeoutMs: number,
): Promise<DirectMessages | undefined> {
  const found = new Map<string, DirectMessage>();
  const streams: string[] = [];
  const missing: string[] = [];
  const read = async (part: readonly string[]) => {
    using batch = new Batch(nc, stream, part, timeoutMs);
    const outcome = await batch.done;
    for (const message of batch.messages) found.set(message.subject, message);
    streams.push(batch.messages[0]?.stream ?? "");
    // It stops early when there is too much to send at once.
    if (outcome === "partial") missing.push(...part.filter((subject) => !found.has(subject)));
    return outcome;
  };
  let parts = partsOf([...new Set(subjects)]);
  while (parts.length > 0) {
    const outcomes = await Promise.all(parts.map(read));
    if (outcomes.includes("nobody")) return undefined;
    parts = partsOf(missing.splice(0));
  }
  return { messages: found, streams };
}

function partsOf(subjects: readonly string[]): string[][] {
  const parts: string[][] = [];
  let bytes = Infinity;
  for (const subject of subjects) {
    bytes += subject.length + 3;
    if (bytes > MAX_BYTES || parts.at(-1)!.length === MAX_SUBJECTS) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(subject);
  }
  return parts;
}

/** One question, to which many messages answer. */
class Batch implements Disposable {
  /** What has come. */
  readonly messages: DirectMessage[] = [];
  /** Resolves when all has come that will. */
  readonly done: Promise<"whole" | "partial" | "nobody">;
  #stop: () => void = () => {};

  constructor(nc: NatsConnection, stream: string, subjects: readonly string[], timeoutMs: number) {
    this.done = new Promise((resolve, reject) => {
      const inbox = createInbox(inboxPrefixOf(nc));
      const subscription = nc.subscribe(inbox, {
        callback: (error, message) => {
          if (error !== null) return reject(error);
          try {
            const outcome = this.#receive(message);
            if (outcome !== undefined) resolve(outcome);
          } catch (thrown) {
            reject(thrown);
          }
        },
      });
      // The client does not say here that the question was not allowed; single ones will.
      const timer = setTimeout(() => resolve("nobody"), timeoutMs);
      this.#stop = () => {
        clearTimeout(timer);
        subscription.unsubscribe();
      };
      void subscription.closed.then(() => reject(new errors.ClosedConnectionError()));
      const payload = JSON.stringify({ multi_last: subjects });
      nc.publish(`$JS.API.DIRECT.GET.${stream}`, payload, { reply: inbox });
    });
  }

  /** Keeps a message, or tells how it ended. */
  #receive(message: Msg): "whole" | "partial" | "nobody" | undefined {
    const { headers } = message;
    if (headers === undefined) throw new Error("the answer has no headers");
    switch (headers.code) {
      case 0:
        this.messages.push({
          stream: headers.get(DirectMsgHeaders.Stream),
          subject: headers.get(DirectMsgHeaders.Subject),
          message,
        });
        return undefined;
      case END:
        return Number(headers.get("Nats-Num-Pending")) > 0 ? "partial" : "whole";
      case NOT_FOUND:
        return "whole";
      case NOBODY:
        return "nobody";
      default:
        throw new Error(`the server answers ${headers.code} ${headers.description}`);
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}
