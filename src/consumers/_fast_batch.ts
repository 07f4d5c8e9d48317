import {
  createInbox,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Subscription,
} from "@nats-io/nats-core";
import { type ApiError, inboxPrefixOf, JetStreamError } from "../connection/mod.ts";

/** What is done with a message: begin a batch, add to it, end it without storing. */
const OPERATION = { start: 0, append: 1, end: 3 } as const;
const EMPTY = /* @__PURE__ */ new Uint8Array();

/** A word from the server about a batch. */
export type FastBatchReply =
  | { readonly kind: "stored"; readonly count: number; readonly ackInterval: number }
  | {
    readonly kind: "ended";
    /** How many messages from the first on are stored for certain. */
    readonly count: number;
    readonly stream?: string;
    readonly sequence?: number;
    readonly error?: unknown;
  };

interface Wire {
  readonly type?: string;
  readonly seq?: number;
  readonly msgs?: number;
  readonly stream?: string;
  readonly batch?: string;
  readonly count?: number;
  readonly error?: ApiError;
}

/**
 * Reads a word about a batch that must have no gaps. Pure.
 *
 * A gap, an error and what is no word at all end the batch for us: what is not known to be stored
 * is published in the ordinary way.
 */
export function readFastBatchReply(data: Uint8Array): FastBatchReply {
  const { type, seq, msgs, stream, batch, count, error } = parse(data);
  if (error !== undefined) return { kind: "ended", count: 0, error: JetStreamError.of(error) };
  if (type === "ack" && seq !== undefined) {
    return { kind: "stored", count: seq, ackInterval: msgs ?? 1 };
  }
  if (batch !== undefined && stream !== undefined && seq !== undefined) {
    return { kind: "ended", count: count ?? 0, stream, sequence: seq };
  }
  return { kind: "ended", count: 0 };
}

function parse(data: Uint8Array): Wire {
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(data));
    if (typeof found === "object" && found !== null) return found;
  } catch {
    // Nobody listens, or somebody else does.
  }
  return {};
}

/**
 * One batch of the server's fast ingest: messages are stored as they come, and only every so many
 * are acknowledged.
 *
 * @see ADR-50 (fast ingest)
 */
export class FastBatch {
  readonly #nc: NatsConnection;
  readonly #replies: string;
  readonly #subscription: Subscription;
  #subject = "";
  #sent = 0;
  #stored = 0;
  #room: number;
  #end: FastBatchReply & { kind: "ended" } | undefined;
  #wake: (() => void) | undefined;

  /** @param ackInterval After how many messages the server is asked to acknowledge. */
  constructor(nc: NatsConnection, ackInterval: number) {
    this.#nc = nc;
    const inbox = createInbox(inboxPrefixOf(nc));
    this.#replies = `${inbox}.${ackInterval}.fail.`;
    // Until the server has answered the first message, there is nothing to go by.
    this.#room = 1;
    this.#subscription = nc.subscribe(`${inbox}.>`, {
      callback: (error, message) => this.#receive(error, message),
    });
  }

  /** How many messages, from the first on, are stored. */
  get stored(): number {
    return this.#end?.count ?? this.#stored;
  }

  /** How it has ended, if it has. */
  get end(): FastBatchReply & { kind: "ended" } | undefined {
    return this.#end;
  }

  /** Whether the next message has to wait. */
  get isFull(): boolean {
    return this.#end === undefined && this.#sent - this.#stored >= this.#room;
  }

  /** Sends a message. */
  send(subject: string, payload: Uint8Array, headers: MsgHdrs): void {
    const operation = this.#sent === 0 ? OPERATION.start : OPERATION.append;
    if (this.#sent === 0) this.#subject = subject;
    this.#nc.publish(subject, payload, { reply: this.#reply(++this.#sent, operation), headers });
  }

  /** Tells the server that nothing follows; it acknowledges the whole. */
  finish(): void {
    const reply = this.#reply(this.#sent + 1, OPERATION.end);
    this.#nc.publish(this.#subject, EMPTY, { reply });
  }

  /** Waits for a word of the server's; false if none has come in time. */
  hears(timeoutMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (heard: boolean) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        this.#wake = undefined;
        resolve(heard);
      };
      const abort = () => end(false);
      const timer = setTimeout(end, timeoutMs, false);
      signal?.addEventListener("abort", abort);
      this.#wake = () => end(true);
      if (signal?.aborted) abort();
    });
  }

  /** Stops listening. The server forgets a batch that has no end after ten seconds. */
  close(): void {
    this.#end ??= { kind: "ended", count: this.#stored };
    this.#subscription.unsubscribe();
  }

  #reply(sequence: number, operation: number): string {
    return `${this.#replies}${sequence}.${operation}.$FI`;
  }

  #receive(error: Error | null, message: Msg): void {
    if (this.#end !== undefined) return;
    const reply = error === null
      ? readFastBatchReply(message.data)
      : { kind: "ended", count: 0, error } as const;
    if (reply.kind === "stored") {
      this.#stored = Math.max(this.#stored, reply.count);
      this.#room = reply.ackInterval * OUTSTANDING;
    } else {
      this.#end = { ...reply, count: Math.max(this.#stored, reply.count) };
    }
    this.#wake?.();
  }
}

/** How many acknowledgements may be outstanding: enough that none has to be waited for. */
const OUTSTANDING = 3;
