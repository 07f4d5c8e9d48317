/** How to give the items of batches one by one. */
export interface BatchItemsOptions<B, Raw, T> {
  /** Ends the loop. */
  signal: AbortSignal | undefined;
  /** Starts what gives batches until its signal aborts. It is called for the first item. */
  start(signal: AbortSignal): AsyncIterableIterator<B>;
  /** What is in a batch. */
  split(batch: B): readonly Raw[];
  /** Makes an item, or nothing where there is none; what it throws ends the loop. */
  toItem(raw: Raw): T | undefined;
}

/**
 * Gives the items of batches one by one.
 *
 * By hand, since an async generator spends several turns of the event loop on each of them: here an
 * item that has come already costs one resolved promise.
 */
export class BatchItems<B, Raw, T> implements AsyncIterableIterator<T> {
  readonly #options: BatchItemsOptions<B, Raw, T>;
  readonly #controller = new AbortController();
  readonly #onAbort = () => this.#controller.abort();
  #batches: AsyncIterableIterator<B> | undefined;
  #raw: readonly Raw[] = [];
  #next = 0;
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: BatchItemsOptions<B, Raw, T>) {
    this.#options = options;
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
    this.#batches ??= this.#start();
    this.#waiting++;
    const result = this.#tail.then(() => this.#wait(this.#batches!));
    this.#tail = result.then(() => this.#waiting--, () => this.#waiting--);
    return result;
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): AsyncIterableIterator<B> {
    const { signal, start } = this.#options;
    signal?.addEventListener("abort", this.#onAbort);
    if (signal?.aborted) this.#controller.abort();
    return start(this.#controller.signal);
  }

  #take(): T | undefined {
    if (this.#controller.signal.aborted) return undefined;
    while (this.#next < this.#raw.length) {
      const item = this.#options.toItem(this.#raw[this.#next++]!);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  async #wait(batches: AsyncIterableIterator<B>): Promise<IteratorResult<T>> {
    try {
      for (;;) {
        const item = this.#take();
        if (item !== undefined) return { value: item, done: false };
        const { value, done } = await batches.next();
        if (done) break;
        this.#raw = this.#options.split(value);
        this.#next = 0;
      }
    } catch (error) {
      return await this.#fail(error);
    }
    return await this.return();
  }

  async #fail(error: unknown): Promise<never> {
    await this.#end();
    throw error;
  }

  /** Ends what gives batches; it is told at once, also while the next batch is waited for. */
  async #end(): Promise<void> {
    this.#controller.abort();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#raw = [];
    await this.#batches?.return?.();
  }
}
