const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

/**
 * Gives what an iterator gives whose code is loaded for the first item. One that is ended before it
 * is loaded never begins.
 */
export class Later<T> implements AsyncIterableIterator<T, undefined> {
  readonly #load: () => Promise<AsyncIterator<T>>;
  #loading: Promise<AsyncIterator<T>> | undefined;
  #items: AsyncIterator<T> | undefined;
  #isOver = false;

  constructor(load: () => Promise<AsyncIterator<T>>) {
    this.#load = load;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#items?.next() ?? this.#first();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#isOver = true;
    await this.#items?.return?.();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #first(): Promise<IteratorResult<T, undefined>> {
    const items = this.#isOver ? undefined : await (this.#loading ??= this.#load());
    // It may have ended in the meantime.
    if (items === undefined || this.#isOver) return DONE;
    this.#items = items;
    return await items.next();
  }
}
