import { type Awaitable, isPromiseLike, ShizukuError } from "../core/mod.ts";
import type { EntityView } from "./_entity_parts.ts";
import type { KeyTemplate } from "./_key_template.ts";
import type { KnownEntry } from "./_known_entries.ts";
import { Later } from "./_later.ts";
import { checkReplica, LoadedReplica } from "./_loaded_replica.ts";
import { type Modifier, modifierOf, type Next } from "./_modify.ts";
import { saysConflict } from "./_says.ts";
import type { Bucket, BucketEntry, WriteOptions } from "./bucket.ts";
import type { CreateOptions, DeleteOptions, PurgeOptions } from "./entity.ts";
import type { Deletion, Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";
import { type Changed, DELETE, KEEP, type ModifyOptions } from "./modify_options.ts";
import type { ValueCodec, ValuePlace } from "./placed_codec.ts";
import type { Replica, ReplicaOptions } from "./replica.ts";

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
  readonly #template: KeyTemplate<Key>;
  readonly #codec: EntityCodec<T, Init>;
  readonly #modifier: Modifier;

  constructor(bucket: Bucket, template: KeyTemplate<Key>, codec: ValueCodec) {
    this.bucket = bucket;
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
    return this.#present(key, await this.bucket.get(this.keyOf(key)));
  }

  async getMany(keys: Iterable<Key>): Promise<(Entry<Key, T> | undefined)[]> {
    const wanted = [...keys];
    const found = await this.bucket.getMany(wanted.map((key) => this.keyOf(key)));
    return found.map((entry, index) => this.#present(wanted[index]!, entry));
  }

  async at(key: Key, revision: number): Promise<Entry<Key, T> | undefined> {
    return this.#present(key, await this.bucket.at(this.keyOf(key), revision));
  }

  async history(key: Key): Promise<(Entry<Key, T> | Deletion<Key>)[]> {
    const { readHistory } = await import("./_entity_parts.ts");
    return await readHistory(this.#view, key);
  }

  put(key: Key, value: Init): Promise<Saved<Key, T>> {
    return this.#write(key, value);
  }

  async create(key: Key, value: Init, { ttlMs }: CreateOptions = {}): Promise<Saved<Key, T>> {
    const name = this.keyOf(key);
    const encoded = this.#encode(name, value);
    const options: WriteOptions = { revision: 0, ...(ttlMs !== undefined && { ttlMs }) };
    for (;;) {
      try {
        const revision = await this.bucket.write(name, encoded.bytes, options);
        return this.#saved(key, name, encoded, revision);
      } catch (error) {
        if (!saysConflict(error)) throw error;
        const found = await this.bucket.get(name, { reads: "leader" });
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
    const name = this.keyOf(key);
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

  keys(pattern?: Partial<Key>): AsyncIterableIterator<Key> {
    return this.#later(pattern, (parts, filter) => parts.listKeys(this.#view, filter));
  }

  entries(pattern?: Partial<Key>): AsyncIterableIterator<Entry<Key, T>> {
    return this.#later(pattern, (parts, filter) => parts.listEntries(this.#view, filter));
  }

  async count(pattern?: Partial<Key>): Promise<number> {
    const { countKeys } = await import("./_entity_parts.ts");
    return await countKeys(this.#view, this.filterOf(pattern));
  }

  watch(
    pattern?: Partial<Key>,
    options: WatchOptions = {},
  ): AsyncIterableIterator<WatchEvent<Key, T>> {
    const { from = 0 } = options;
    if (Number.isSafeInteger(from) && from >= 0) {
      return this.#later(pattern, (parts, filter) => parts.watch(this.#view, filter, options));
    }
    throw new ShizukuError(
      "invalid_argument",
      `Cannot watch ${this.filterOf(pattern)} as from must be a revision, or 0: ` +
        `current value is ${from}`,
      { stage: "pre" },
    );
  }

  replica(pattern?: Partial<Key>, options: ReplicaOptions = {}): Replica<Key, T, Init> {
    const filter = this.filterOf(pattern);
    const action = `Cannot keep a replica of ${filter} of bucket ${this.bucket.name}`;
    checkReplica(action, options);
    return new LoadedReplica(filter, async (controller) => {
      const { openReplica } = await import("./_entity_parts.ts");
      return openReplica(this.#view, { filter, action, controller, options });
    });
  }

  /** What is loaded with the first use of it needs to know. */
  get #view(): EntityView<Key, T, Init> {
    return {
      bucket: this.bucket,
      template: this.#template,
      toEntry: (key, found) => this.#entry(key, found),
      over: (bucket) => new BucketEntity(bucket, this.#template, this.codec),
    };
  }

  #later<Item>(
    pattern: Partial<Key> | undefined,
    start: (parts: typeof import("./_entity_parts.ts"), filter: string) => AsyncIterator<Item>,
  ): Later<Item> {
    const filter = this.filterOf(pattern);
    return new Later(async () => start(await import("./_entity_parts.ts"), filter));
  }

  async #write(key: Key, value: Init, options?: WriteOptions): Promise<Saved<Key, T>> {
    const name = this.keyOf(key);
    const encoded = this.#encode(name, value);
    return this.#saved(key, name, encoded, await this.bucket.write(name, encoded.bytes, options));
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
    const name = this.keyOf(key);
    const written = await this.bucket.write(name, NOTHING, {
      operation,
      ...(revision !== undefined && { revision }),
      ...(ttlMs !== undefined && { ttlMs }),
    });
    this.#modifier.known.refresh(name, NOTHING, written, operation);
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
      return this.#codec.decode(value, { bucket: this.bucket.name, key: name });
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
    const place = { bucket: this.bucket.name, key: name };
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
