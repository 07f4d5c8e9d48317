import { millis } from "@nats-io/nats-core";
import { borderOf } from "../connection/mod.ts";
import { keyPrefix } from "./_bucket_names.ts";
import { BucketReader } from "./_bucket_reader.ts";
import type { OpenedStream } from "./_bucket_stream.ts";
import { writeKey } from "./_bucket_writer.ts";
import { Later } from "./_later.ts";
import { loadParts } from "./_load_parts.ts";
import { modifierOf } from "./_modify.ts";
import type { BucketPlace } from "./_place.ts";
import type {
  Bucket,
  BucketEntry,
  BucketOptions,
  BucketWatch,
  BucketWatchOptions,
  ReadOptions,
  Reads,
  WriteOptions,
} from "./bucket.ts";

/** A bucket over the JetStream API. */
export class JetStreamBucket implements Bucket {
  readonly name: string;
  readonly created: Date;
  readonly replicas: number;
  readonly historySize: number;
  readonly ttlMs: number | undefined;
  readonly republish: boolean;
  readonly reads: Reads;
  readonly #place: BucketPlace;
  readonly #reader: BucketReader;

  constructor(
    name: string,
    stream: OpenedStream,
    { reads = "leader", timeoutMs = 5_000 }: BucketOptions,
  ) {
    const { config, created } = stream.info;
    this.name = name;
    this.created = new Date(created);
    this.replicas = config.num_replicas;
    this.historySize = config.max_msgs_per_subject;
    this.ttlMs = config.max_age > 0 ? millis(config.max_age) : undefined;
    this.republish = stream.isPushed;
    this.reads = reads;
    const border = borderOf(stream.jetStream.nc);
    this.#place = { ...stream, border, name, prefix: keyPrefix(name), timeoutMs };
    this.#reader = new BucketReader(this.#place, reads);
  }

  get(key: string, options?: ReadOptions): Promise<BucketEntry | undefined> {
    return this.#reader.get(key, options?.reads);
  }

  async getMany(keys: readonly string[]): Promise<(BucketEntry | undefined)[]> {
    return await (await loadParts()).getMany(this.#reader, keys);
  }

  async at(key: string, revision: number): Promise<BucketEntry | undefined> {
    return await (await loadParts()).readRevision(this.#reader, key, revision);
  }

  async history(key: string): Promise<BucketEntry[]> {
    return await (await loadParts()).readHistory(this.#reader, key);
  }

  write(key: string, value: Uint8Array, options?: WriteOptions): Promise<number> {
    return writeKey(this.#place, key, value, options);
  }

  watch(filter: string, options: BucketWatchOptions = {}): BucketWatch {
    const later = <T>(start: (watch: BucketWatch) => AsyncIterator<T>) =>
      new Later(async () =>
        start((await loadParts()).watchBucket(this, this.#place.jetStream, filter, options))
      );
    return {
      batches: () => later((watch) => watch.batches()),
      [Symbol.asyncIterator]: () => later((watch) => watch[Symbol.asyncIterator]()),
    };
  }

  subscribe(filter: string, onEntry: (entry: BucketEntry) => void): Disposable {
    const { jetStream: { nc }, subscribe } = this.#place;
    return subscribe(nc, this.name, filter, onEntry);
  }

  async destroy(): Promise<void> {
    modifierOf(this).known.clear();
    await this.#place.troubles.removeStream(this.#place);
  }
}
