/** Ends what gives batches; it is told at once, also while the next batch is waited for. */
export interface BatchSource<B> {
  /** The batches. */
  readonly batches: AsyncGenerator<B>;
  /** Ends them. */
  readonly controller: AbortController;
}

/**
 * Starts something that gives batches until a signal aborts, with a signal of its own, so that a
 * loop that ends early ends it too.
 */
export function startBatches<B>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => AsyncGenerator<B>,
): BatchSource<B> {
  const controller = new AbortController();
  return { controller, batches: linked(signal, controller, start) };
}

async function* linked<B>(
  signal: AbortSignal | undefined,
  controller: AbortController,
  start: (signal: AbortSignal) => AsyncGenerator<B>,
): AsyncGenerator<B> {
  const onAbort = () => controller.abort();
  if (signal?.aborted) return;
  signal?.addEventListener("abort", onAbort);
  try {
    yield* start(controller.signal);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * Gives the items of batches one by one.
 *
 * By hand, since an async generator spends several turns of the event loop on each of them: here an
 * item that has come already costs one resolved promise.
 */
export class BatchItems<B, Raw, T> implements AsyncIterableIterator<T> {
  readonly #source: BatchSource<B>;
  readonly #split: (batch: B) => readonly Raw[];
  readonly #toItem: (raw: Raw) => T | undefined;
  #raw: readonly Raw[] = [];
  #next = 0;
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #isDone = false;

  /**
   * @param split What is in a batch.
   * @param toItem Makes an item, or nothing where there is none; what it throws ends the loop.
   */
  constructor(
    source: BatchSource<B>,
    split: (batch: B) => readonly Raw[],
    toItem: (raw: Raw) => T | undefined,
  ) {
    this.#source = source;
    this.#split = split;
    this.#toItem = toItem;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#waiting === 0) {
      try {
        const item = this.#take();
        if (item !== undefined) return Promise.resolve({ value: item, done: false });
      } catch (error) {
        return this.#fail(error);
      }
    }
    this.#waiting++;
    const result = this.#tail.then(() => this.#wait()).finally(() => this.#waiting--);
    this.#tail = result.catch(() => {});
    return result;
  }

  async return(): Promise<IteratorResult<T>> {
    this.#isDone = true;
    this.#source.controller.abort();
    await this.#source.batches.return(undefined);
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): T | undefined {
    if (this.#source.controller.signal.aborted) return undefined;
    while (this.#next < this.#raw.length) {
      const item = this.#toItem(this.#raw[this.#next++]!);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  async #wait(): Promise<IteratorResult<T>> {
    for (;;) {
      const item = await this.#takeOrFail();
      if (item !== undefined) return { value: item, done: false };
      if (this.#isDone) return { value: undefined, done: true };
      const { value, done } = await this.#source.batches.next();
      if (done) this.#isDone = true;
      else [this.#raw, this.#next] = [this.#split(value), 0];
    }
  }

  async #takeOrFail(): Promise<T | undefined> {
    try {
      return this.#take();
    } catch (error) {
      return await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }
}
