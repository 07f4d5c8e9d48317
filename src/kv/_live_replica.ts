import { type Awaitable, ShizukuError } from "../core/mod.ts";
import { BatchItems } from "./_batch_items.ts";
import { ChangeQueue } from "./_change_queue.ts";
import type { EntityView, Writer } from "./_entity_view.ts";
import { HEARTBEAT_MS } from "./_pull_consumer.ts";
import { indexOf, ReplicaRows, type Row } from "./_replica_rows.ts";
import { RevisionWaits } from "./_revision_waits.ts";
import { syncedBucket } from "./_synced_bucket.ts";
import { within } from "./_within.ts";
import type { BucketBatch, BucketEntry } from "./bucket.ts";
import type { CreateOptions, DeleteOptions, PurgeOptions } from "./entity.ts";
import type { Entry, Saved, WatchEvent } from "./entry.ts";
import type { Changed, ModifyOptions } from "./modify_options.ts";
import type {
  Replica,
  ReplicaChange,
  ReplicaOptions,
  Staleness,
  WaitForOptions,
} from "./replica.ts";

/** How to keep a replica. */
export interface ReplicaSettings {
  /** What to watch. */
  readonly filter: string;
  /** To begin the message of an error with: `Cannot keep a replica of seat.*`. */
  readonly action: string;
  /** Ends it when it aborts. */
  readonly controller: AbortController;
  /** Refuses to read before it is ready. */
  refuse(): never;
  /** What the user asks for, checked. */
  readonly options: ReplicaOptions;
}

/** What becomes of a key. */
type ToEvent<Key, T> = (key: Key, found: BucketEntry) => WatchEvent<Key, T>;

interface Change<Key> {
  readonly key: Key;
  readonly found: BucketEntry;
}

const VERIFY_MS = 30_000;
const TIMEOUT_MS = 5_000;
const SILENCE_MS = 3 * HEARTBEAT_MS;

/** A copy that follows a watch. */
export class LiveReplica<Key, T, Init> implements Replica<Key, T, Init> {
  readonly ready: Promise<void>;
  readonly closed: Promise<Error | undefined>;
  readonly #source: EntityView<Key, T, Init>;
  readonly #toEvent: ToEvent<Key, T>;
  readonly #writer: Writer<Key, T, Init>;
  readonly #filter: string;
  readonly #action: string;
  readonly #options: ReplicaOptions;
  readonly #controller: AbortController;
  readonly #refuseEarly: () => never;
  readonly #onAbort = () => this.#controller.abort();
  readonly #waits = new RevisionWaits();
  readonly #queues = new Set<ChangeQueue<Change<Key>>>();
  #rows: ReplicaRows<Key, T>;
  /** What takes their place when it is complete. */
  #loading: ReplicaRows<Key, T> | undefined;
  #names: readonly (keyof Key)[] = [];
  #heardAt = performance.now();
  #pending = 0;
  #isReady = false;
  #end: { readonly error: Error | undefined } | undefined;
  #settleReady!: { resolve(): void; reject(error: Error): void };

  constructor(
    source: EntityView<Key, T, Init>,
    toEvent: ToEvent<Key, T>,
    { filter, action, controller, refuse, options }: ReplicaSettings,
  ) {
    const { bucket } = source;
    this.#source = source;
    this.#toEvent = toEvent;
    this.#options = options;
    this.#filter = filter;
    this.#action = action;
    this.#controller = controller;
    this.#refuseEarly = refuse;
    this.#rows = this.#noRows();
    this.#loading = this.#noRows();
    this.#writer = source.over(
      syncedBucket(bucket, (key, revision) => this.#seen(key, revision)),
    );
    this.ready = new Promise((resolve, reject) => this.#settleReady = { resolve, reject });
    // Who does not wait for it hears of the end by `closed` or with the next read.
    this.ready.catch(() => {});
    const verifyMs = options.verifyMs ?? VERIFY_MS;
    const { signal } = this.#controller;
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted) this.#controller.abort();
    this.closed = this.#follow(bucket.watch(this.#filter, { signal, verifyMs }).batches());
  }

  get size(): number {
    return this.#rows.size;
  }

  get revision(): number {
    return this.#waits.reached;
  }

  get staleness(): Staleness {
    const ms = performance.now() - this.#heardAt;
    const isBehind = !this.#isReady || this.#loading !== undefined || this.#pending > 0 ||
      ms > SILENCE_MS || this.#end !== undefined;
    return { ms, isBehind };
  }

  get(key: Key): Entry<Key, T> | undefined {
    const row = this.#find(key);
    if (row === undefined) return undefined;
    return row.entry ??= this.#source.toEntry(row.key, row.found);
  }

  has(key: Key): boolean {
    return this.#find(key) !== undefined;
  }

  *entries(pattern: Partial<Key> = {}): IterableIterator<Entry<Key, T>> {
    for (const row of this.#matching(pattern)) {
      yield row.entry ??= this.#source.toEntry(row.key, row.found);
    }
  }

  *keys(pattern: Partial<Key> = {}): IterableIterator<Key> {
    for (const row of this.#matching(pattern)) yield row.key;
  }

  changes(
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncIterableIterator<ReplicaChange<Key, T>> {
    return new BatchItems({
      signal,
      start: (signal) => this.#listen(signal),
      split: (changes) => changes,
      toItem: ({ key, found }) => this.#toEvent(key, found) as ReplicaChange<Key, T>,
    });
  }

  async waitFor(
    revision: number,
    { signal, timeoutMs = TIMEOUT_MS }: WaitForOptions = {},
  ): Promise<void> {
    if (this.#end !== undefined) throw this.#endError();
    const action = `Cannot reach revision ${revision} in a replica of ${this.#filter}`;
    await within(() => this.#waits.until(revision), { action, timeoutMs, signal });
  }

  put(key: Key, value: Init): Promise<Saved<Key, T>> {
    return this.#writer.put(key, value);
  }

  create(key: Key, value: Init, options?: CreateOptions): Promise<Saved<Key, T>> {
    return this.#writer.create(key, value, options);
  }

  update(saved: Saved<Key, Init>): Promise<Saved<Key, T>> {
    return this.#writer.update(saved);
  }

  modify(
    key: Key,
    change: (value: T | undefined) => Awaitable<Changed<Init>>,
    options?: ModifyOptions,
  ): Promise<Saved<Key, T> | undefined> {
    return this.#writer.modify(key, change, options);
  }

  delete(key: Key, options?: DeleteOptions): Promise<void> {
    return this.#writer.delete(key, options);
  }

  purge(key: Key, options?: PurgeOptions): Promise<void> {
    return this.#writer.purge(key, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    await this.closed;
  }

  /** Begins to collect changes at once, not only when the first is asked for. */
  #listen(signal: AbortSignal): AsyncGenerator<readonly Change<Key>[]> {
    const queue = new ChangeQueue<Change<Key>>();
    if (this.#end !== undefined) queue.end(this.#end.error);
    else this.#queues.add(queue);
    signal.addEventListener("abort", () => this.#queues.delete(queue));
    return queue.batches(signal);
  }

  async #follow(batches: AsyncIterableIterator<BucketBatch>): Promise<Error | undefined> {
    let failure: Error | undefined;
    try {
      for await (const batch of batches) this.#apply(batch);
    } catch (error) {
      failure = error as Error;
    }
    this.#end = { error: failure };
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#settleReady.reject(this.#endError());
    this.#waits.reset(this.#endError());
    for (const queue of this.#queues) queue.end(failure);
    return failure;
  }

  #apply(batch: BucketBatch): void {
    this.#heardAt = performance.now();
    this.#pending = batch.pending;
    if (batch.isReset) this.#reset();
    for (const found of batch.items) this.#take(found);
    if (batch.isReady) this.#complete();
    if (batch.firstSequence !== undefined) this.#dropBefore(batch.firstSequence);
    if (batch.sequence > 0) this.#waits.reach(batch.sequence);
  }

  #take(found: BucketEntry): void {
    const key = this.#source.template.match(found.key);
    if (key === undefined) return;
    if (this.#names.length === 0) this.#names = Object.keys(key as object) as (keyof Key)[];
    const index = indexOf(this.#names, key);
    const rows = this.#loading ?? this.#rows;
    if (found.operation === "put") rows.put(index, key, found);
    else if (rows.delete(index) === undefined) return;
    if (this.#loading === undefined) this.#tell(index, { key, found });
  }

  /** Begins to load the bucket as it is now; until that is complete, reads see what was. */
  #reset(): void {
    this.#loading = this.#noRows();
    this.#waits.reset(
      new ShizukuError(
        "aborted",
        `${this.#action}: the bucket was made anew, or has lost revisions`,
      ),
    );
  }

  #complete(): void {
    const [before, after] = [this.#rows, this.#loading ?? this.#rows];
    this.#rows = after;
    this.#loading = undefined;
    this.#isReady = true;
    this.#settleReady.resolve();
    if (this.#queues.size === 0) return;
    for (const [index, { key, found }] of before) {
      if (after.get(index) === undefined) this.#tell(index, { key, found: withoutValue(found) });
    }
    for (const [index, row] of after) {
      if (!isSame(before.get(index)?.found, row.found)) this.#tell(index, row);
    }
  }

  /** Forgets what the bucket has not any more, and nobody has spoken of. */
  #dropBefore(revision: number): void {
    if (this.#loading !== undefined) return;
    for (const [index, { key, found }] of this.#rows) {
      if (found.revision >= revision) return;
      this.#rows.delete(index);
      this.#tell(index, { key, found: withoutValue(found) });
    }
  }

  #tell(index: string, { key, found }: Change<Key>): void {
    for (const queue of this.#queues) queue.add(index, { key, found });
  }

  async #seen(key: string, revision: number): Promise<void> {
    if (this.#end !== undefined || !matchesFilter(this.#filter, key)) return;
    try {
      await this.#waits.until(revision);
    } catch {
      // It is written, and whoever reads here is told what became of the replica.
    }
  }

  #find(key: Key): Row<Key, T> | undefined {
    if (this.#end !== undefined || !this.#isReady) this.#refuse();
    const row = this.#rows.get(indexOf(this.#names, key));
    // A key that nothing is found by may be one that is not valid.
    if (row === undefined) this.#source.template.format(key);
    return row;
  }

  *#matching(pattern: Partial<Key>): IterableIterator<Row<Key, T>> {
    if (this.#end !== undefined || !this.#isReady) this.#refuse();
    const wanted = Object.entries(pattern).filter(([, value]) => value !== undefined);
    for (const row of this.#rows.values()) {
      if (wanted.every(([name, value]) => row.key[name as keyof Key] === value)) yield row;
    }
  }

  #refuse(): never {
    if (this.#end !== undefined) throw this.#endError();
    return this.#refuseEarly();
  }

  #endError(): Error {
    return this.#end?.error ?? new ShizukuError(
      "failed_precondition",
      `Cannot use a replica of ${this.#filter} that was closed`,
    );
  }

  #noRows(): ReplicaRows<Key, T> {
    const { maxEntries = Infinity, maxBytes = Infinity } = this.#options;
    return new ReplicaRows(this.#action, { maxEntries, maxBytes });
  }
}

/** Whether two revisions are one, also across two lives of a bucket. */
function isSame(before: BucketEntry | undefined, after: BucketEntry): boolean {
  return before?.revision === after.revision &&
    before.created.getTime() === after.created.getTime();
}

/** A value that is gone without a marker. */
function withoutValue(found: BucketEntry): BucketEntry {
  return { ...found, value: new Uint8Array(), operation: "purge" };
}

function matchesFilter(filter: string, key: string): boolean {
  const [wanted, found] = [filter.split("."), key.split(".")];
  if (wanted.at(-1) === ">") {
    return found.length >= wanted.length &&
      wanted.slice(0, -1).every((token, index) => token === "*" || token === found[index]);
  }
  return wanted.length === found.length &&
    wanted.every((token, index) => token === "*" || token === found[index]);
}
