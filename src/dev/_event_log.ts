import { delay } from "../core/mod.ts";

/** A message as a stream has stored it. */
export interface StoredMessage {
  /** Its subject, without the namespace. */
  readonly subject: string;
  /** Its payload. */
  readonly data: Uint8Array;
}

/** What has been stored since the start, in the order in which it came. */
export class EventLog {
  readonly messages: StoredMessage[] = [];
  #changed = new AbortController();
  #closed = false;

  /** Whether nothing more will come. */
  get closed(): boolean {
    return this.#closed;
  }

  add(message: StoredMessage): void {
    this.messages.push(message);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Waits until there are more than so many messages, or nothing more comes, or the time is over. */
  async grown(count: number, timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (this.messages.length <= count && !this.#closed) {
      const remainingMs = end - performance.now();
      if (remainingMs <= 0) return;
      await delay(remainingMs, this.#changed.signal);
    }
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = new AbortController();
    changed.abort();
  }
}
