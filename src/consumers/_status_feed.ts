import type { Logger } from "../core/mod.ts";
import type { ConsumerStatus } from "./consumer_status.ts";

/** How many events a slow reader may lag behind; then it misses the oldest. */
const MAX_WAITING = 1_000;

interface Reader {
  readonly waiting: ConsumerStatus[];
  wake(): void;
}

/** Hands events of a hook to whoever reads them. Without readers it costs next to nothing. */
export class StatusFeed {
  readonly #onStatus: ((status: ConsumerStatus) => void) | undefined;
  readonly #logger: Logger;
  readonly #readers = new Set<Reader>();
  #isOver = false;

  constructor(onStatus: ((status: ConsumerStatus) => void) | undefined, logger: Logger) {
    this.#onStatus = onStatus;
    this.#logger = logger;
  }

  emit(status: ConsumerStatus): void {
    try {
      this.#onStatus?.(status);
    } catch (error) {
      // A listener that fails must not stop the hook.
      this.#logger.error("onStatus of a hook failed: {error}", { error });
    }
    for (const { waiting, wake } of this.#readers) {
      if (waiting.push(status) > MAX_WAITING) waiting.shift();
      wake();
    }
  }

  /** Ends all readers when they have read what there is. */
  end(): void {
    this.#isOver = true;
    for (const { wake } of this.#readers) wake();
  }

  /** Reads from now on, until the end. */
  read(): AsyncIterable<ConsumerStatus> {
    const waiting: ConsumerStatus[] = [];
    let wake = () => {};
    const reader = { waiting, wake: () => wake() };
    // Events count from this call on, not from the first `next()`.
    this.#readers.add(reader);
    const readers = this.#readers;
    const isOver = () => this.#isOver;
    async function* events(): AsyncGenerator<ConsumerStatus> {
      try {
        for (;;) {
          const status = waiting.shift();
          if (status !== undefined) yield status;
          else if (isOver()) return;
          else await new Promise<void>((resolve) => wake = resolve);
        }
      } finally {
        readers.delete(reader);
      }
    }
    return events();
  }
}
