import { type Awaitable, isPromiseLike, ShizukuError } from "../core/mod.ts";
import { saysConflict } from "./_kv_error.ts";
import type { KeyTemplate } from "./_key_template.ts";
import { BatchItems } from "./_batch_items.ts";
import { split } from "./_bucket_watch.ts";
import type { KnownEntry } from "./_known_entries.ts";
import { LiveReplica } from "./_live_replica.ts";
import { type Modifier, modifierOf, type Next } from "./_modify.ts";
import type { Bucket, BucketBatch, BucketEntry, WriteOptions } from "./bucket.ts";
import type { CreateOptions, DeleteOptions, PurgeOptions } from "./entity.ts";
import type { Deletion, Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";
import { type Changed, DELETE, KEEP, type ModifyOptions } from "./modify_options.ts";
import type { ValueCodec, ValuePlace } from "./placed_codec.ts";
import type { ReplicaOptions } from "./replica.ts";

/** A codec whose types, read and written, are told apart. */
export interface EntityCodec<T, Init> {
  /** Gives the bytes of a value. */
  encode(value: Init, place: ValuePlace): Uint8Array;
  /** Reads a value. */
  decode(bytes: Uint8Array, place: ValuePlace): T;
}

/** What is written, and the value as a reader will see it. */
interface Encoded<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

const NOTHING: Uint8Array = new Uint8Array();

/** Makes one kind of codec of two. */
export function entityCodec<T, Init>(codec: ValueCodec): EntityCodec<T, Init> {
  const either = "encodeAt" in codec
    ? {
      encode: (value: unknown, place: ValuePlace) => codec.encodeAt(value, place),
      decode: (bytes: Uint8Array, place: ValuePlace) => codec.decodeAt(bytes, place),
    }
    : {
      encode: (value: unknown) => codec.encode(value),
      decode: (bytes: Uint8Array) => codec.decode(bytes),
    };
  return either as EntityCodec<T, Init>;
}

/** The operations of an entity, over the bytes of a bucket. */
export class BucketEntity<Key, T, Init> {
  readonly bucket: Bucket;
  readonly codec: ValueCodec;
  readonly #bucket: Bucket;
  readonly #template: KeyTemplate<Key>;
  readonly #codec: EntityCodec<T, Init>;
  readonly #modifier: Modifier;

  constructor(bucket: Bucket, template: KeyTemplate<Key>, codec: ValueCodec) {
    this.bucket = this.#bucket = bucket;
    this.codec = codec;
    this.#template = template;
    this.#codec = entityCodec(codec);
    this.#modifier = modifierOf(bucket);
  }

  keyOf(key: Key): string {
    return this.#template.format(key);
  }

  paramsOf(name: string): Key | undefined {
    return this.#template.match(name);
  }

  filterOf(pattern: Partial<Key> = {}): string {
    return this.#template.filter(pattern);
  }

  async get(key: Key): Promise<Entry<Key, T> | undefined> {
    return this.#present(key, await this.#bucket.get(this.#template.format(key)));
  }

  async getMany(keys: Iterable<Key>): Promise<(Entry<Key, T> | undefined)[]> {
    const wanted = [...keys];
    const found = await this.#bucket.getMany(wanted.map((key) => this.#template.format(key)));
    return found.map((entry, index) => this.#present(wanted[index]!, entry));
  }

  async at(key: Key, revision: number): Promise<Entry<Key, T> | undefined> {
    return this.#present(key, await this.#bucket.at(this.#template.format(key), revision));
  }

  async history(key: Key): Promise<(Entry<Key, T> | Deletion<Key>)[]> {
    const found = await this.#bucket.history(this.#template.format(key));
    return found.map((entry) => this.#present(key, entry) ?? deletionOf(key, entry));
  }

  put(key: Key, value: Init): Promise<Saved<Key, T>> {
    return this.#write(key, value);
  }

  async create(key: Key, value: Init, { ttlMs }: CreateOptions = {}): Promise<Saved<Key, T>> {
    const name = this.#template.format(key);
    const encoded = this.#encode(name, value);
    const options: WriteOptions = { revision: 0, ...(ttlMs !== undefined && { ttlMs }) };
    for (;;) {
      try {
        const revision = await this.#bucket.write(name, encoded.bytes, options);
        return this.#saved(key, name, encoded, revision);
      } catch (error) {
        if (!saysConflict(error)) throw error;
        const found = await this.#bucket.get(name, { reads: "leader" });
        if (found?.operation === "put") {
          throw new ShizukuError("already_exists", `Cannot create ${name} as it exists`, {
            cause: error,
          });
        }
        options.revision = found?.revision ?? 0;
      }
    }
  }

  update({ key, value, revision }: Saved<Key, Init>): Promise<Saved<Key, T>> {
    return this.#write(key, value, { revision });
  }

  async modify(
    key: Key,
    change: (value: T | undefined) => Awaitable<Changed<Init>>,
    options?: ModifyOptions,
  ): Promise<Saved<Key, T> | undefined> {
    const name = this.#template.format(key);
    let last: Encoded<T> | undefined;
    const toNext = (changed: Changed<Init>): Next => {
      if (changed === undefined || changed === KEEP) return { operation: "keep" };
      if (changed === DELETE) return { operation: "delete" };
      last = this.#encode(name, changed as Init);
      return { operation: "put", value: last.bytes };
    };
    const outcome = await this.#modifier.modify(name, (found) => {
      const isThere = found?.operation === "put";
      const changed = change(isThere ? this.#decode(name, found) : undefined);
      return isPromiseLike(changed) ? changed.then(toNext) : toNext(changed);
    }, options);
    if (outcome === undefined) return undefined;
    const isLast = last !== undefined && last.bytes === outcome.value;
    const value = isLast ? last!.value : this.#decode(name, outcome);
    return { key, value, revision: outcome.revision };
  }

  async delete(key: Key, options: DeleteOptions = {}): Promise<void> {
    await this.#remove(key, "delete", options);
  }

  async purge(key: Key, options: PurgeOptions = {}): Promise<void> {
    await this.#remove(key, "purge", options);
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
      toWriter: (bucket) => new BucketEntity(bucket, this.#template, this.codec),
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

  async #write(key: Key, value: Init, options?: WriteOptions): Promise<Saved<Key, T>> {
    const name = this.#template.format(key);
    const encoded = this.#encode(name, value);
    return this.#saved(key, name, encoded, await this.#bucket.write(name, encoded.bytes, options));
  }

  #saved(
    key: Key,
    name: string,
    { bytes, value }: Encoded<T>,
    revision: number,
  ): Saved<Key, T> {
    this.#modifier.known.refresh(name, bytes, revision, "put");
    return { key, value, revision };
  }

  async #remove(
    key: Key,
    operation: "delete" | "purge",
    { revision, ttlMs }: PurgeOptions,
  ): Promise<void> {
    const name = this.#template.format(key);
    const written = await this.#bucket.write(name, NOTHING, {
      operation,
      ...(revision !== undefined && { revision }),
      ...(ttlMs !== undefined && { ttlMs }),
    });
    this.#modifier.known.refresh(name, NOTHING, written, operation);
  }

  #event(key: Key, found: BucketEntry): WatchEvent<Key, T> {
    if (found.operation !== "put") return { type: "delete", entry: deletionOf(key, found) };
    try {
      return { type: "entry", entry: this.#entry(key, found) };
    } catch (error) {
      return { type: "error", key, revision: found.revision, error: error as Error };
    }
  }

  #present(key: Key, found: BucketEntry | undefined): Entry<Key, T> | undefined {
    return found?.operation === "put" ? this.#entry(key, found) : undefined;
  }

  #entry(key: Key, found: BucketEntry): Entry<Key, T> {
    const { revision, created, delta } = found;
    const value = this.#decode(found.key, found);
    return { key, value, revision, created, operation: "put", delta };
  }

  #decode(name: string, { value, revision }: KnownEntry): T {
    try {
      return this.#codec.decode(value, { bucket: this.#bucket.name, key: name });
    } catch (cause) {
      throw new ShizukuError(
        "data_loss",
        `Cannot read ${name} at revision ${revision}: ${(cause as Error).message}`,
        { stage: "pre", cause },
      );
    }
  }

  /** Encodes a value, and reads it back: what no reader could read is never written. */
  #encode(name: string, value: Init): Encoded<T> {
    const place = { bucket: this.#bucket.name, key: name };
    try {
      const bytes = this.#codec.encode(value, place);
      return { bytes, value: this.#codec.decode(bytes, place) };
    } catch (cause) {
      const { message } = cause as Error;
      throw new ShizukuError("invalid_argument", `Cannot write ${name}: ${message}`, {
        stage: "pre",
        cause,
      });
    }
  }
}

function deletionOf<Key>(
  key: Key,
  { revision, created, operation, delta }: BucketEntry,
): Deletion<Key> {
  return { key, revision, created, operation: operation as Deletion<Key>["operation"], delta };
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
