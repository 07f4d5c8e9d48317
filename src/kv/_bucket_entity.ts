import { invalid } from "../connection/mod.ts";
import { type Awaitable, isPromiseLike, ShizukuError } from "../core/mod.ts";
import type { EntityView } from "./_entity_view.ts";
import type { KeyTemplate } from "./_key_template.ts";
import type { KnownEntry } from "./_known_entries.ts";
import { Later } from "./_later.ts";
import { loadParts } from "./_load_parts.ts";
import { checkReplica, LoadedReplica } from "./_loaded_replica.ts";
import { type Modifier, modifierOf, type Next } from "./_modify.ts";
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
  readonly name: string;
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
export class BucketEntity<Key, T, Init> implements EntityView<Key, T, Init> {
  readonly bucket: Bucket;
  readonly codec: ValueCodec;
  readonly template: KeyTemplate<Key>;
  readonly #codec: EntityCodec<T, Init>;
  readonly #modifier: Modifier;

  constructor(bucket: Bucket, template: KeyTemplate<Key>, codec: ValueCodec) {
    this.bucket = bucket;
    this.codec = codec;
    this.template = template;
    this.#codec = entityCodec(codec);
    this.#modifier = modifierOf(bucket);
  }

  keyOf(key: Key): string {
    return this.template.format(key);
  }

  paramsOf(name: string): Key | undefined {
    return this.template.match(name);
  }

  filterOf(pattern: Partial<Key> = {}): string {
    return this.template.filter(pattern);
  }

  async get(key: Key): Promise<Entry<Key, T> | undefined> {
    return this.present(key, await this.bucket.get(this.keyOf(key)));
  }

  async getMany(keys: Iterable<Key>): Promise<(Entry<Key, T> | undefined)[]> {
    return await (await loadParts()).getEntries(this, [...keys]);
  }

  async at(key: Key, revision: number): Promise<Entry<Key, T> | undefined> {
    return this.present(key, await this.bucket.at(this.keyOf(key), revision));
  }

  async history(key: Key): Promise<(Entry<Key, T> | Deletion<Key>)[]> {
    return await (await loadParts()).readEntries(this, key);
  }

  put(key: Key, value: Init): Promise<Saved<Key, T>> {
    return this.#write(key, value);
  }

  async create(key: Key, value: Init, { ttlMs }: CreateOptions = {}): Promise<Saved<Key, T>> {
    const encoded = this.#encode(key, value);
    const { name, bytes } = encoded;
    for (let revision = 0;;) {
      try {
        const created = await this.bucket.write(name, bytes, { revision, ttlMs });
        return this.#saved(key, encoded, created);
      } catch (error) {
        if (ShizukuError.from(error).code !== "aborted") throw error;
        const found = await this.bucket.get(name, { reads: "leader" });
        if (found?.operation === "put") {
          throw new ShizukuError("already_exists", `Cannot create ${name} as it exists`, {
            cause: error,
          });
        }
        revision = found?.revision ?? 0;
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
      if (changed === undefined || changed === KEEP) return undefined;
      if (changed === DELETE) return { operation: "delete", value: NOTHING };
      last = this.#encode(key, changed as Init);
      return { operation: "put", value: last.bytes };
    };
    const outcome = await this.#modifier.modify(name, (found) => {
      const changed = change(found && this.#decode(name, found));
      return isPromiseLike(changed) ? changed.then(toNext) : toNext(changed);
    }, options);
    if (outcome === undefined) return undefined;
    const value = last?.bytes === outcome.value ? last!.value : this.#decode(name, outcome);
    return { key, value, revision: outcome.revision };
  }

  delete(key: Key, options?: DeleteOptions): Promise<void> {
    return this.#remove(key, "delete", options);
  }

  purge(key: Key, options?: PurgeOptions): Promise<void> {
    return this.#remove(key, "purge", options);
  }

  keys(pattern?: Partial<Key>): AsyncIterableIterator<Key> {
    return this.#later(pattern, (parts, filter) => parts.listKeys(this, filter));
  }

  entries(pattern?: Partial<Key>): AsyncIterableIterator<Entry<Key, T>> {
    return this.#later(pattern, (parts, filter) => parts.listEntries(this, filter));
  }

  async count(pattern?: Partial<Key>): Promise<number> {
    return await (await loadParts()).countKeys(this, this.filterOf(pattern));
  }

  watch(
    pattern?: Partial<Key>,
    options: WatchOptions = {},
  ): AsyncIterableIterator<WatchEvent<Key, T>> {
    const { from = 0 } = options;
    if (Number.isSafeInteger(from) && from >= 0) {
      return this.#later(pattern, (parts, filter) => parts.watchEntries(this, filter, options));
    }
    throw invalid(
      `Cannot watch ${this.filterOf(pattern)} as from must be a revision, or 0: ` +
        `current value is ${from}`,
    );
  }

  replica(pattern?: Partial<Key>, options: ReplicaOptions = {}): Replica<Key, T, Init> {
    const filter = this.filterOf(pattern);
    const action = `Cannot keep a replica of ${filter} of bucket ${this.bucket.name}`;
    checkReplica(action, options);
    return new LoadedReplica(filter, async (controller, refuse) => {
      const { openReplica } = await loadParts();
      return openReplica(this, { filter, action, controller, refuse, options });
    });
  }

  over(bucket: Bucket): BucketEntity<Key, T, Init> {
    return new BucketEntity(bucket, this.template, this.codec);
  }

  toEntry(key: Key, found: BucketEntry): Entry<Key, T> {
    const { revision, created, delta } = found;
    const value = this.#decode(found.key, found);
    return { key, value, revision, created, operation: "put", delta };
  }

  #later<Item>(
    pattern: Partial<Key> | undefined,
    start: (parts: typeof import("./_parts.ts"), filter: string) => AsyncIterator<Item>,
  ): Later<Item> {
    const filter = this.filterOf(pattern);
    return new Later(async () => start(await loadParts(), filter));
  }

  async #write(key: Key, value: Init, options?: WriteOptions): Promise<Saved<Key, T>> {
    const encoded = this.#encode(key, value);
    const { name, bytes } = encoded;
    return this.#saved(key, encoded, await this.bucket.write(name, bytes, options));
  }

  #saved(key: Key, { name, bytes, value }: Encoded<T>, revision: number): Saved<Key, T> {
    this.#modifier.known.refresh(name, bytes, revision, "put");
    return { key, value, revision };
  }

  async #remove(
    key: Key,
    operation: "delete" | "purge",
    { revision, ttlMs }: PurgeOptions = {},
  ): Promise<void> {
    const name = this.keyOf(key);
    const written = await this.bucket.write(name, NOTHING, { operation, revision, ttlMs });
    this.#modifier.known.refresh(name, NOTHING, written, operation);
  }

  present(key: Key, found: BucketEntry | undefined): Entry<Key, T> | undefined {
    return found?.operation === "put" ? this.toEntry(key, found) : undefined;
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
  #encode(key: Key, value: Init): Encoded<T> {
    const name = this.keyOf(key);
    const place = { bucket: this.bucket.name, key: name };
    try {
      const bytes = this.#codec.encode(value, place);
      return { name, bytes, value: this.#codec.decode(bytes, place) };
    } catch (cause) {
      throw invalid(`Cannot write ${name}: ${(cause as Error).message}`, cause);
    }
  }
}
