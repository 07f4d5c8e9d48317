import type { NatsConnection } from "@nats-io/nats-core";
import { afterTick } from "../connection/mod.ts";
import type { Answer, Delivery } from "./_delivery.ts";

/** What an outbox tells whoever it sends for. */
export interface OutboxOptions {
  /** Sends an answer and resolves when the server has noted it, where that is wanted. */
  readonly confirm?: ((delivery: Delivery) => Promise<unknown>) | undefined;
  /** The server was told about a message. */
  onSent(delivery: Delivery): void;
  /** All that was ready is sent. */
  onFlushed(count: number): void;
}

/**
 * Tells the server what becomes of messages: once in a tick for all that were done in it, since each
 * tick costs a write to the socket.
 */
export class Outbox {
  readonly #nc: NatsConnection;
  readonly #options: OutboxOptions;
  #queue: Delivery[] = [];
  #isScheduled = false;
  #isOffline = false;
  #unconfirmed = 0;
  #sent = 0;
  /** What the server has not confirmed in time. */
  #doubtful: Delivery[] = [];

  constructor(nc: NatsConnection, options: OutboxOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /** Whether all is sent, and confirmed where that is wanted. */
  get isEmpty(): boolean {
    return this.#queue.length + this.#doubtful.length + this.#unconfirmed === 0;
  }

  /** Whether nothing can be sent, since the connection is lost. */
  get isOffline(): boolean {
    return this.#isOffline;
  }

  /** Sends a delivery's answer at the end of the tick. */
  push(delivery: Delivery): void {
    this.#queue.push(delivery);
    if (!this.#isScheduled) this.#schedule();
  }

  /** What is sent while the connection is lost would be dropped: it waits until that is back. */
  setOffline(isOffline: boolean): void {
    this.#isOffline = isOffline;
    if (!isOffline) this.flush();
  }

  /** Sends what is ready. */
  flush(): void {
    this.#isScheduled = false;
    if (this.#isOffline || this.#nc.isClosed()) return;
    const queue = this.#queue;
    this.#queue = [];
    for (const delivery of queue) {
      // Meanwhile the server may have given it to another: what we would say is no longer true.
      if (!delivery.isOver) this.#send(delivery, delivery.answer!);
    }
    const sent = this.#sent;
    this.#sent = 0;
    this.#options.onFlushed(sent);
  }

  /** Sends once more what the server has not confirmed. It does no harm if it knows already. */
  retry(): void {
    for (const delivery of this.#doubtful.splice(0)) this.push(delivery);
  }

  #schedule(): void {
    this.#isScheduled = true;
    afterTick(() => this.flush());
  }

  #send(delivery: Delivery, { outcome, payload }: Answer): void {
    const { confirm } = this.#options;
    if (confirm !== undefined && outcome === "acked") return this.#confirm(delivery, confirm);
    try {
      this.#nc.publish(delivery.reply, payload);
    } catch {
      // The connection is draining: the server keeps the message and delivers it again.
      return;
    }
    this.#onSent(delivery);
  }

  #confirm(delivery: Delivery, confirm: (delivery: Delivery) => Promise<unknown>): void {
    this.#unconfirmed++;
    confirm(delivery).then(() => {
      this.#unconfirmed--;
      if (!delivery.isOver) this.#onSent(delivery);
      if (!this.#isScheduled) this.#schedule();
    }, () => {
      this.#unconfirmed--;
      if (!delivery.isOver) this.#doubtful.push(delivery);
    });
  }

  #onSent(delivery: Delivery): void {
    this.#sent++;
    this.#options.onSent(delivery);
  }
}
