/** Items that come at once, or one by one. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** How many run at once. */
export interface FlowOptions {
  readonly maxInFlight: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs something on each item, at most so many at once, and gathers the results in order.
 *
 * @param run Must not reject.
 * @throws What the items throw, after everything that was begun has ended.
 */
export async function runAll<T, R>(
  items: Items<T>,
  run: (item: T) => Promise<R>,
  options: FlowOptions,
): Promise<R[]> {
  const results: R[] = [];
  const slots = new Slots(options.maxInFlight);
  const begin = (item: T) => {
    const index = results.length++;
    slots.take();
    void run(item).then((result) => {
      results[index] = result;
      slots.free();
    });
  };
  try {
    if (Symbol.iterator in items) await takeSync(items, begin, slots, options.signal);
    else await takeAsync(items, begin, slots, options.signal);
  } finally {
    await slots.allFree();
  }
  return results;
}

async function takeSync<T>(
  items: Iterable<T>,
  begin: (item: T) => void,
  slots: Slots,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const item of items) {
    if (signal?.aborted) return;
    begin(item);
    if (slots.areTaken) await slots.oneFree();
  }
}

async function takeAsync<T>(
  items: AsyncIterable<T>,
  begin: (item: T) => void,
  slots: Slots,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const item of untilAborted(items, signal)) {
    begin(item);
    if (slots.areTaken) await slots.oneFree();
  }
}

/** Counts what runs. */
class Slots {
  readonly #max: number;
  #taken = 0;
  #wanted = 0;
  #wake: (() => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  get areTaken(): boolean {
    return this.#taken >= this.#max;
  }

  take(): void {
    this.#taken++;
  }

  free(): void {
    this.#taken--;
    if (this.#taken <= this.#wanted) this.#wake?.();
  }

  oneFree(): Promise<void> {
    return this.#atMost(this.#max - 1);
  }

  allFree(): Promise<void> {
    return this.#atMost(0);
  }

  async #atMost(wanted: number): Promise<void> {
    if (this.#taken <= wanted) return;
    this.#wanted = wanted;
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }
}

/**
 * Runs something on each item, at most so many at once, and yields each result in order as soon as
 * it is there.
 *
 * @param run Must not reject.
 */
export async function* runEach<T, R>(
  items: Items<T>,
  run: (item: T) => Promise<R>,
  { maxInFlight, signal }: FlowOptions,
): AsyncGenerator<R, void, undefined> {
  const source = untilAborted(items, signal)[Symbol.asyncIterator]();
  const running: Promise<R>[] = [];
  let isOver = false;
  let next: Promise<IteratorResult<T, void>> | undefined;
  try {
    while (!isOver || running.length > 0) {
      const isFull = running.length >= maxInFlight;
      if (!isOver && !isFull) next ??= source.next();
      if (next === undefined || isFull || !await comesFirst(next, running[0])) {
        yield await running.shift()!;
        continue;
      }
      const { done, value } = await next;
      next = undefined;
      if (done) isOver = true;
      else running.push(run(value as T));
    }
  } finally {
    // Not awaited: a source that hangs must not keep its reader.
    next?.catch(() => {});
    source.return(undefined).catch(() => {});
  }
}

/** Whether the next item is there before the oldest result. */
function comesFirst(
  next: Promise<unknown>,
  oldest: Promise<unknown> | undefined,
): Promise<boolean> {
  if (oldest === undefined) return Promise.resolve(true);
  return Promise.race([next.then(() => true, () => true), oldest.then(() => false)]);
}

/** The items until the signal aborts, also while the next one does not come. */
export async function* untilAborted<T>(
  items: Items<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  if (signal === undefined) return yield* items;
  const iterator = Symbol.asyncIterator in items
    ? items[Symbol.asyncIterator]()
    : items[Symbol.iterator]();
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
  try {
    while (!signal.aborted) {
      const result = await Promise.race([Promise.resolve(iterator.next()), aborted]);
      if (result === undefined || result.done) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // Not awaited: an iterator that waits for its next item answers only then.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
