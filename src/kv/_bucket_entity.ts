import { type Awaitable, ShizukuError } from "../core/mod.ts";
import type { KeyTemplate } from "./_key_template.ts";
import { modify } from "./_modify.ts";
import { BatchItems } from "./_batch_items.ts";
import { split } from "./_bucket_watch.ts";
import { LiveReplica } from "./_live_replica.ts";
import type { Bucket, BucketBatch, BucketEntry, WriteOptions } from "./bucket.ts";
import type { DeleteOptions, ModifyOptions } from "./entity.ts";
import type { Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";
import type { ReplicaOptions } from "./replica.ts";

/** A codec whose types, read and written, are told apart. */
export interface EntityCodec<T, Init> {
  /** Gives the bytes of a value. */
  encode(value: Init): Uint8Array;
  /** Reads a value. */
  decode(bytes: Uint8Array): T;
}

/** The operations of an entity, over the bytes of a bucket. */
export class BucketEntity<Key, T, Init> {
  readonly #bucket: Bucket;
  readonly #template: KeyTemplate<Key>;
  readonly #codec: EntityCodec<T, Init>;

  constructor(bucket: Bucket, template: KeyTemplate<Key>, codec: EntityCodec<T, Init>) {
    this.#bucket = bucket;
    this.#template = template;
    this.#codec = codec;
  }

  async get(key: Key): Promise<Entry<Key, T> | undefined> {
    const found = await this.#bucket.get(this.#template.format(key));
    return found?.operation === "put" ? this.#entry(key, found) : undefined;
  }

  put(key: Key, value: Init): Promise<Saved<Key, T>> {
    return this.#write(key, this.#encode(key, value));
  }

  async create(
    key: Key,
    value: Init,
  ): Promise<Saved<Key, T>> {
    const bytes = this.#encode(key, value);
    for (let revision = 0;;) {
      try {
        return await this.#write(key, bytes, { revision });
      } catch (error) {
        if (!ShizukuError.is(error) || error.code !== "aborted") throw error;
        const name = this.#template.format(key);
        const found = await this.#bucket.get(name);
        if (found?.operation === "put") {
          throw new ShizukuError("already_exists", `Cannot create ${name} as it exists`, {
            cause: error,
          });
        }
        revision = found?.revision ?? 0;
      }
    }
  }

  async update(
    { key, value, revision }: Saved<Key, Init>,
  ): Promise<Saved<Key, T>> {
    return await this.#write(key, this.#encode(key, value), { revision });
  }

  async modify(
    key: Key,
    change: (value: T | undefined) => Awaitable<Init | undefined>,
    options: ModifyOptions = {},
  ): Promise<Saved<Key, T> | undefined> {
    let before: Entry<Key, T> | undefined;
    const written = await modify(this.#bucket, this.#template.format(key), async (found) => {
      before = found?.operation === "put" ? this.#entry(key, found) : undefined;
      const next = await change(before?.value);
      return next === undefined ? undefined : this.#encode(key, next);
    }, options);
    return written === undefined ? before : this.#saved(key, written.value, written.revision);
  }

  async delete(key: Key, options: DeleteOptions = {}): Promise<void> {
    await this.#remove(key, { ...options, operation: "delete" });
  }

  async purge(key: Key, options: DeleteOptions = {}): Promise<void> {
    await this.#remove(key, { ...options, operation: "purge" });
  }

  keys(pattern: Partial<Key> = {}): AsyncIterableIterator<Key> {
    return this.#list(pattern, true, (key) => key);
  }

  entries(pattern: Partial<Key> = {}): AsyncIterableIterator<Entry<Key, T>> {
    return this.#list(pattern, false, (key, found) => this.#entry(key, found));
  }

  async count(pattern: Partial<Key> = {}): Promise<number> {
    let count = 0;
    const { signal } = new AbortController();
    for await (const { items } of this.#snapshot(this.#template.filter(pattern), true, signal)) {
      for (const { operation, key } of items) {
        if (operation === "put" && this.#template.match(key) !== undefined) count++;
      }
    }
    return count;
  }

  watch(
    pattern: Partial<Key> = {},
    { signal, deletes = false, from }: WatchOptions = {},
  ): AsyncIterableIterator<WatchEvent<Key, T>> {
    const filter = this.#template.filter(pattern);
    checkFrom(filter, from);
    return new BatchItems({
      signal,
      start: (signal) =>
        this.#bucket.watch(filter, { signal, ...(from !== undefined && { from }) }).batches(),
      split,
      toItem: (raw) => {
        if (typeof raw === "string") return { type: raw };
        if (!deletes && raw.operation !== "put") return undefined;
        const key = this.#template.match(raw.key);
        return key === undefined ? undefined : this.#event(key, raw);
      },
    });
  }

  replica(
    pattern: Partial<Key> = {},
    options: ReplicaOptions = {},
  ): LiveReplica<Key, T, Init> {
    return new LiveReplica(this.#bucket, {
      template: this.#template,
      pattern,
      toEntry: (key, found) => this.#entry(key, found),
      toEvent: (key, found) => this.#event(key, found),
      toWriter: (bucket) => new BucketEntity(bucket, this.#template, this.#codec),
    }, options);
  }

  #list<Item>(
    pattern: Partial<Key>,
    keysOnly: boolean,
    toItem: (key: Key, found: BucketEntry) => Item,
  ): AsyncIterableIterator<Item> {
    const filter = this.#template.filter(pattern);
    return new BatchItems({
      signal: undefined,
      start: (signal) => this.#snapshot(filter, keysOnly, signal),
      split: ({ items }) => items,
      toItem: (found) => {
        if (found.operation !== "put") return undefined;
        const key = this.#template.match(found.key);
        return key === undefined ? undefined : toItem(key, found);
      },
    });
  }

  /** What matches, until all has been given that there was. */
  #snapshot(filter: string, keysOnly: boolean, signal: AbortSignal): AsyncGenerator<BucketBatch> {
    return snapshot(this.#bucket.watch(filter, { keysOnly, signal }).batches(), filter);
  }

  async #write(
    key: Key,
    bytes: Uint8Array,
    options?: WriteOptions,
  ): Promise<Saved<Key, T>> {
    const revision = await this.#bucket.write(this.#template.format(key), bytes, options);
    return this.#saved(key, bytes, revision);
  }

  async #remove(key: Key, options: WriteOptions): Promise<void> {
    await this.#bucket.write(this.#template.format(key), new Uint8Array(), options);
  }

  #event(key: Key, found: BucketEntry): WatchEvent<
    Key,
    T
  > {
    const { revision, created, operation, delta } = found;
    if (operation !== "put") {
      return { type: "delete", entry: { key, revision, created, operation, delta } };
    }
    try {
      return { type: "entry", entry: this.#entry(key, found) };
    } catch (error) {
      return { type: "error", key, revision, error: error as Error };
    }
  }

  #entry(key: Key, found: BucketEntry): Entry<Key, T> {
    const { revision, created, delta } = found;
    return { ...this.#saved(key, found.value, revision), created, operation: "put", delta };
  }

  /** Gives what the bytes say, so that a writer sees what a reader would. */
  #saved(
    key: Key,
    bytes: Uint8Array,
    revision: number,
  ): Saved<Key, T> {
    try {
      return { key, value: this.#codec.decode(bytes), revision };
    } catch (cause) {
      const name = this.#template.format(key);
      const { message } = cause as Error;
      throw new ShizukuError(
        "data_loss",
        `Cannot read ${name} at revision ${revision}: ${message}`,
        {
          stage: "pre",
          cause,
        },
      );
    }
  }

  #encode(key: Key, value: Init): Uint8Array {
    const name = this.#template.format(key);
    try {
      return this.#codec.encode(value);
    } catch (cause) {
      const { message } = cause as Error;
      throw new ShizukuError("invalid_argument", `Cannot write ${name}: ${message}`, {
        stage: "pre",
        cause,
      });
    }
  }
}

async function* snapshot(
  batches: AsyncGenerator<BucketBatch>,
  filter: string,
): AsyncGenerator<BucketBatch> {
  let hasGiven = false;
  for await (const batch of batches) {
    if (batch.isReset && hasGiven) {
      throw new ShizukuError(
        "aborted",
        `Cannot list ${filter}: the bucket was made anew, or has lost revisions, in the meantime`,
      );
    }
    yield batch;
    if (batch.isReady) return;
    hasGiven ||= batch.items.length > 0;
  }
}

function checkFrom(filter: string, from: number | undefined): void {
  if (from === undefined || (Number.isSafeInteger(from) && from >= 0)) return;
  throw new ShizukuError(
    "invalid_argument",
    `Cannot watch ${filter} as from must be a revision, or 0: current value is ${from}`,
    { stage: "pre" },
  );
}
