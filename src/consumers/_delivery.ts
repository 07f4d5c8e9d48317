import type { Msg } from "@nats-io/nats-core";
import {
  CallSignal,
  type Context,
  type ContextInit,
  type ContextKey,
  createContext,
  type Logger,
  MessageHeaders,
  type OwnedContext,
} from "../core/mod.ts";
import type { AckSubject } from "./_ack_subject.ts";
import type { Linked } from "./_held.ts";
import type { Job, Lane } from "./_lanes.ts";
import { originalHeaders, originOf } from "./_letter_headers.ts";
import { type EventInfo, eventInfo } from "./event_info.ts";
import type { FoundRoute } from "./hook.ts";

/** Where a message was before it became a dead letter, or else where it is. */
export interface Origin {
  readonly subject: string;
  readonly stream: string;
  readonly sequence: number;
  readonly time: Date;
  readonly id: string | undefined;
}

/** What holds a delivery: the consumer that it came from. */
export interface Holder {
  /** Whether its messages are dead letters that are tried anew. */
  readonly redriven: boolean;
  /** Aborts when handlers are to end. */
  readonly aborting: { readonly signal: AbortSignal };
  readonly logger: Logger;
  /** Length of the namespace before each subject. */
  readonly subjectStart: number;
}

/** How far a delivery is. */
export type DeliveryState =
  /** It waits here for its turn. */
  | "waiting"
  /** It is with the processor. */
  | "running"
  /** What becomes of it is known, and the server is being told. */
  | "settling"
  /** The server has given it up, or is about to: it must not be acknowledged. */
  | "lost"
  /** It is no longer held. */
  | "ended";

/** What the server is told about a message. */
export interface Answer {
  readonly outcome: "acked" | "nacked" | "dead";
  readonly payload: Uint8Array;
}

/** One message while it is held. */
export class Delivery implements Job<Delivery>, Linked<Delivery> {
  readonly message: Msg;
  readonly reply: string;
  /** Its payload. The client cuts it out anew each time it is asked. */
  readonly data: Uint8Array;
  readonly info: AckSubject;
  readonly holder: Holder;
  state: DeliveryState = "waiting";
  /** When it came, on the clock of `performance.now()`. */
  readonly receivedAt: number;
  /** Since when the server waits for a sign of life. */
  renewedAt: number;
  /** Which try this is; 0 while that is not known. */
  attempt: number;
  /** When the current try began; that of the first one is taken for its receipt if it ran at once. */
  startedAt: number;
  /** Whether the current delivery has been given to the processor. */
  wasStarted = false;
  found: FoundRoute | undefined = undefined;
  event: unknown = undefined;
  /** Ends the turn of a suspect, which is tried while no other suspect is. */
  endTurn: (() => void) | undefined = undefined;
  /** What the server is to be told, once that is known. */
  answer: Answer | undefined = undefined;
  lane: Lane<Delivery> | undefined = undefined;
  follower: Delivery | undefined = undefined;
  next: Delivery | undefined = undefined;
  heldBefore: Delivery | undefined = undefined;
  heldAfter: Delivery | undefined = undefined;
  isHeld = false;
  #signal: CallSignal | undefined;
  #origin: Origin | undefined;

  constructor(message: Msg, info: AckSubject, holder: Holder, now: number) {
    this.message = message;
    this.reply = message.reply!;
    this.data = message.data;
    this.info = info;
    this.holder = holder;
    this.receivedAt = this.renewedAt = this.startedAt = now;
    this.attempt = info.deliveryCount === 1 ? 1 : 0;
  }

  /** Where the message comes from. */
  get origin(): Origin {
    return this.#origin ??= this.#findOrigin();
  }

  /** Subject on which the event came, without the namespace. */
  get subject(): string {
    const subject = this.holder.redriven ? this.origin.subject : this.message.subject;
    const { subjectStart } = this.holder;
    return subjectStart === 0 ? subject : subject.slice(subjectStart);
  }

  /** Aborts when the message is lost or handlers are to end. */
  get signal(): AbortSignal {
    return (this.#signal ??= new CallSignal(undefined, this.holder.aborting)).signal;
  }

  /** Whether what becomes of it is up to us no more. */
  get isOver(): boolean {
    return this.state === "lost" || this.state === "ended";
  }

  /** Notes that the message is not ours any more; whoever processes it learns so. */
  lose(reason: unknown): void {
    this.state = "lost";
    this.#signal ??= new CallSignal();
    this.#signal.abort(reason);
  }

  /** Frees what the signal holds. */
  release(): void {
    this.#signal?.[Symbol.dispose]();
  }

  #findOrigin(): Origin {
    const { message, info } = this;
    if (this.holder.redriven && message.headers !== undefined) return originOf(message.headers);
    return {
      subject: message.subject,
      stream: info.stream,
      sequence: info.streamSequence,
      time: new Date(info.storedAt),
      id: message.headers?.get("Nats-Msg-Id") || undefined,
    };
  }
}

/** The context of one try. Made for every message, and so makes nothing before it is asked for. */
export class HookContext implements Context {
  readonly #delivery: Delivery;
  readonly attempt: number;
  #headers: MessageHeaders | undefined;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
    // Not known yet where only the lane is looked for.
    this.attempt = delivery.attempt || delivery.info.deliveryCount;
  }

  get signal(): AbortSignal {
    return this.#delivery.signal;
  }

  get deadline(): undefined {
    return undefined;
  }

  get remainingMs(): number {
    return Infinity;
  }

  get headers(): MessageHeaders {
    return this.#headers ??= readHeaders(this.#delivery);
  }

  get subject(): string {
    return this.#delivery.subject;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#delivery.found?.params ?? {};
  }

  get logger(): Logger {
    return this.#delivery.holder.logger;
  }

  get<T>(key: ContextKey<T>): T | undefined {
    return key as unknown === eventInfo ? this.#info() as T : undefined;
  }

  with(changes: ContextInit): OwnedContext {
    return createContext({
      signal: () => this.signal,
      headers: () => this.headers,
      subject: this.subject,
      params: this.params,
      attempt: this.attempt,
      logger: this.logger,
      values: [[eventInfo, this.#info()]],
    }).with(changes);
  }

  #info(): EventInfo {
    const { origin, found, holder } = this.#delivery;
    const { stream, sequence, time, id } = origin;
    return {
      stream,
      sequence,
      time,
      id,
      type: found?.route.typeName ?? "",
      redriven: holder.redriven,
    };
  }
}

function readHeaders({ message, holder }: Delivery): MessageHeaders {
  const { headers } = message;
  return holder.redriven ? originalHeaders(headers) : MessageHeaders.from(headers);
}
