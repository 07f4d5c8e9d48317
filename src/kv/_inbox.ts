import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";

/** Why no messages come: none in time, the signal, a lost connection that is back, or the end. */
export type Silence = "silent" | "aborted" | "reconnected" | "closed";

/** Messages of one subject, in order, all that came within a tick at once. */
export class Inbox implements Disposable {
  readonly #signal: AbortSignal;
  readonly #subscription: Subscription;
  readonly #onAbort = () => this.#wake();
  #messages: Msg[] = [];
  #error: Error | undefined;
  #isClosed = false;
  #isInterrupted = false;
  #wake = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitsUntil = Infinity;

  constructor(nc: NatsConnection, subject: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#subscription = nc.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) this.#error = error;
        // Whoever waits is woken by the first, and finds what the same tick has brought too.
        else if (this.#messages.push(message) > 1) return;
        this.#wake();
      },
    });
    // It never rejects: it resolves with the error, if there was one.
    void this.#subscription.closed.then(() => {
      this.#isClosed = true;
      this.#wake();
    });
    signal.addEventListener("abort", this.#onAbort);
  }

  /** Says that nothing will come, and why. */
  fail(error: Error): void {
    this.#error = error;
    this.#wake();
  }

  /** Says that the connection was lost: what was asked for before may never come. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#wake();
  }

  /** Takes what has come, or says why nothing does. @throws {Error} What the subscription says. */
  async next(timeoutMs: number): Promise<Msg[] | Silence> {
    const first = this.#now();
    if (first !== undefined) return first;
    this.#waitsUntil = performance.now() + timeoutMs;
    this.#timer ??= setTimeout(this.#onTimer, timeoutMs);
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#waitsUntil = Infinity;
    this.#wake = () => {};
    return this.#now() ?? "silent";
  }

  /** One timer for all waits, most of which are shorter than a timer takes to set. */
  readonly #onTimer = () => {
    this.#timer = undefined;
    const leftMs = this.#waitsUntil - performance.now();
    if (leftMs <= 0) this.#wake();
    else if (leftMs !== Infinity) this.#timer = setTimeout(this.#onTimer, leftMs);
  };

  #now(): Msg[] | Silence | undefined {
    if (this.#signal.aborted) return "aborted";
    if (this.#error !== undefined) throw this.#error;
    if (this.#messages.length > 0) {
      const messages = this.#messages;
      this.#messages = [];
      return messages;
    }
    if (this.#isClosed) return "closed";
    return this.#isInterrupted ? "reconnected" : undefined;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#subscription.unsubscribe();
  }
}
