import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";

/** Why there is no next message: none came in time, the signal, or the connection. */
export type Silence = "silent" | "aborted" | "closed";

/** Messages that the server pushes to one subject, in order. */
export class PushInbox implements Disposable {
  /** The subject. */
  readonly subject: string;
  readonly #subscription: Subscription;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#wake?.();
  #messages: Msg[] = [];
  #error: Error | undefined;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(nc: NatsConnection, subject: string, signal: AbortSignal | undefined) {
    this.subject = subject;
    this.#signal = signal;
    this.#subscription = nc.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) this.#error = error;
        else this.#messages.push(message);
        this.#wake?.();
      },
    });
    // It never rejects: it resolves with the error, if there was one.
    void this.#subscription.closed.then(() => {
      this.#isClosed = true;
      this.#wake?.();
    });
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Gives the next message, or why there is none. @throws {Error} What the subscription says. */
  async next(timeoutMs: number): Promise<Msg | Silence> {
    const first = this.#now();
    if (first !== undefined) return first;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    return this.#now() ?? "silent";
  }

  #now(): Msg | Silence | undefined {
    if (this.#signal?.aborted) return "aborted";
    if (this.#error !== undefined) throw this.#error;
    return this.#messages.shift() ?? (this.#isClosed ? "closed" : undefined);
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#subscription.unsubscribe();
  }
}
