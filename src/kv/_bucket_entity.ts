import { type Awaitable, type Codec, ShizukuError } from "../core/mod.ts";
import type { KeyTemplate } from "./_key_template.ts";
import { modify } from "./_modify.ts";
import type { Bucket, BucketEntry, WriteOptions } from "./bucket.ts";
import type { DeleteOptions, ModifyOptions } from "./entity.ts";
import type { Entry, Saved, WatchEvent, WatchOptions } from "./entry.ts";

/** A codec whose types, read and written, are told apart. */
export interface EntityCodec<T, Init> {
  /** Gives the bytes of a value. */
  encode(value: Init): Uint8Array;
  /** Reads a value. */
  decode(bytes: Uint8Array): T;
}

/** The operations of an entity, over the bytes of a bucket. */
export class BucketEntity<Key, T, Init> {
  readonly bucket: Bucket;
  readonly codec: Codec<unknown>;
  readonly #bucket: Bucket;
  readonly #template: KeyTemplate<Key>;
  readonly #codec: EntityCodec<T, Init>;

  constructor(bucket: Bucket, template: KeyTemplate<Key>, codec: Codec<unknown>) {
    this.bucket = this.#bucket = bucket;
    this.codec = codec;
    this.#template = template;
    this.#codec = codec as unknown as EntityCodec<T, Init>;
  }

  keyOf(key: Key): string {
    return this.#template.format(key);
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

  async *keys(
    pattern: Partial<Key> = {},
  ): AsyncGenerator<Key> {
    for await (const found of this.#list(pattern, true)) {
      const key = this.#template.match(found.key);
      if (key !== undefined) yield key;
    }
  }

  async *entries(
    pattern: Partial<Key> = {},
  ): AsyncGenerator<Entry<Key, T>> {
    for await (const found of this.#list(pattern, false)) {
      const key = this.#template.match(found.key);
      if (key !== undefined) yield this.#entry(key, found);
    }
  }

  async count(pattern: Partial<Key> = {}): Promise<number> {
    let count = 0;
    for await (const _ of this.keys(pattern)) count++;
    return count;
  }

  async *watch(
    pattern: Partial<Key> = {},
    { signal, deletes = false }: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<Key, T>> {
    const filter = this.#template.filter(pattern);
    for await (const event of this.#bucket.watch(filter, { signal })) {
      if (event.type === "ready") yield event;
      else {
        const key = this.#template.match(event.entry.key);
        const isWanted = deletes || event.entry.operation === "put";
        if (key !== undefined && isWanted) yield this.#event(key, event.entry);
      }
    }
  }

  async *#list(
    pattern: Partial<Key>,
    keysOnly: boolean,
  ): AsyncGenerator<BucketEntry> {
    const filter = this.#template.filter(pattern);
    for await (const event of this.#bucket.watch(filter, { keysOnly })) {
      if (event.type === "ready") return;
      if (event.entry.operation === "put") yield event.entry;
    }
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
      return { type: "error", key, error: error as Error };
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
