import type { Msg } from "@nats-io/nats-core";
import type { Border } from "../connection/mod.ts";
import type { Logger } from "../core/mod.ts";
import { readAckSubject } from "./_ack_subject.ts";
import { Delivery, type Holder } from "./_delivery.ts";
import type { HeldList } from "./_held.ts";
import { Leases } from "./_leases.ts";
import { Puller, type PullProblem } from "./_puller.ts";
import type { HookDefinition } from "./hook.ts";

/** A consumer on the server, and what its messages go to. */
export interface SourceOptions {
  readonly border: Border;
  readonly hook: HookDefinition<never>;
  readonly stream: string;
  readonly consumer: string;
  readonly heartbeatMs: number;
  readonly checkMs: number;
  readonly redriven: boolean;
  readonly aborting: { readonly signal: AbortSignal };
  readonly logger: Logger;
  readonly subjectStart: number;
  /** How many messages may be held. */
  size(): number;
  /** How many of those that are held do not count, since nothing can be done about them now. */
  parked(): number;
  onMessage(delivery: Delivery): void;
  onProblem(problem: PullProblem, source: Source): void;
  onRecovered(): void;
  onLost(delivery: Delivery, reason: "cap" | "silence"): void;
}

const WORKING = new TextEncoder().encode("+WPI");

/** One consumer on the server: what is pulled from it, and what is held of it. */
export class Source implements Holder {
  readonly stream: string;
  readonly redriven: boolean;
  readonly aborting: { readonly signal: AbortSignal };
  readonly logger: Logger;
  readonly subjectStart: number;
  readonly puller: Puller;
  readonly leases: Leases;
  /** The highest sequence of the stream below which everything is settled, as last heard. */
  floor = 0;
  /** Whether somebody looks for the consumer at this moment. */
  isRecovering = false;
  consumer: string;
  #heldBytes = 0;
  readonly #options: SourceOptions;

  constructor(options: SourceOptions) {
    const { border, hook, checkMs, heartbeatMs } = options;
    this.#options = options;
    this.stream = options.stream;
    this.consumer = options.consumer;
    this.redriven = options.redriven;
    this.aborting = options.aborting;
    this.logger = options.logger;
    this.subjectStart = options.subjectStart;
    this.leases = new Leases({
      ackWaitMs: hook.ackWaitMs,
      maxLeaseMs: hook.maxLeaseMs,
      checkMs,
      renew: ({ reply }) => border.nc.publish(reply, WORKING),
      confirm: ({ reply }) =>
        border.call(reply, WORKING, { timeoutMs: Math.max(100, hook.ackWaitMs / 3) }),
      onLost: (delivery, reason) => {
        this.#heldBytes -= delivery.data.length;
        options.onLost(delivery, reason);
      },
    });
    const { maxPrefetchBytes } = hook;
    this.puller = new Puller(border.nc, {
      subject: () => this.#asks,
      heartbeatMs,
      size: options.size,
      free: () => this.#free(),
      ...(maxPrefetchBytes !== undefined &&
        { freeBytes: () => maxPrefetchBytes - this.#heldBytes }),
      onMessage: (message, now) => this.#receive(message, now),
      onProblem: (problem) => options.onProblem(problem, this),
      onRecovered: options.onRecovered,
    });
  }

  /** All that is held. */
  get held(): HeldList<Delivery> {
    return this.leases.held;
  }

  /** Holds a message no longer: the server knows what became of it. */
  settled(delivery: Delivery): void {
    if (!this.leases.held.delete(delivery)) return;
    this.#heldBytes -= delivery.data.length;
    delivery.state = "ended";
  }

  get #asks(): string {
    return `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${this.consumer}`;
  }

  /** Whether it asks for messages on a subject. */
  isAsking(subject: string): boolean {
    return subject === this.#asks;
  }

  /** Whether a subject is one on which its messages are settled. */
  isAnswering(subject: string): boolean {
    const ack = readAckSubject(subject);
    return ack !== undefined && ack.stream === this.stream && ack.consumer === this.consumer;
  }

  #free(): number {
    const held = this.leases.held.size;
    const { size, parked, hook } = this.#options;
    return Math.min(size() - held + parked(), hook.maxPrefetch - held);
  }

  #receive(message: Msg, now: number): void {
    const info = message.reply ? readAckSubject(message.reply) : undefined;
    // Not from a consumer: somebody else has guessed the inbox.
    if (info === undefined) return;
    const delivery = new Delivery(message, info, this, now);
    this.leases.held.add(delivery);
    this.#heldBytes += delivery.data.length;
    this.#options.onMessage(delivery);
  }
}
