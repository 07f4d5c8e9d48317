import { millis } from "@nats-io/nats-core";
import { borderOf } from "../connection/mod.ts";
import { getLogger, ShizukuError } from "../core/mod.ts";
import { entryOfFacts, factsOf } from "./_bucket_entry.ts";
import { pushPrefix, streamName } from "./_bucket_names.ts";
import { BucketReader } from "./_bucket_reader.ts";
import type { OpenedStream } from "./_bucket_stream.ts";
import { BucketWriter } from "./_bucket_writer.ts";
import { Later } from "./_later.ts";
import { modifierOf } from "./_modify.ts";
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

const TIMEOUT_MS = 5_000;

/** A bucket over the JetStream API. */
export class JetStreamBucket implements Bucket {
  readonly name: string;
  readonly created: Date;
  readonly replicas: number;
  readonly historySize: number;
  readonly ttlMs: number | undefined;
  readonly republish: boolean;
  readonly reads: Reads;
  readonly #stream: OpenedStream;
  readonly #reader: BucketReader;
  readonly #writer: BucketWriter;

  constructor(
    name: string,
    stream: OpenedStream,
    { reads = "leader", timeoutMs = TIMEOUT_MS }: BucketOptions,
  ) {
    const { config, created } = stream.info;
    this.name = name;
    this.created = new Date(created);
    this.replicas = config.num_replicas;
    this.historySize = config.max_msgs_per_subject;
    this.ttlMs = config.max_age > 0 ? millis(config.max_age) : undefined;
    this.republish = config.republish?.dest === `${pushPrefix(name)}>`;
    this.reads = reads;
    this.#stream = stream;
    const place = { ...stream, border: borderOf(stream.jetStream.nc), name, timeoutMs };
    this.#reader = new BucketReader(place, reads);
    this.#writer = new BucketWriter(place);
  }

  get(key: string, options?: ReadOptions): Promise<BucketEntry | undefined> {
    return this.#reader.get(key, options?.reads);
  }

  getMany(keys: readonly string[]): Promise<(BucketEntry | undefined)[]> {
    return this.#reader.getMany(keys);
  }

  async at(key: string, revision: number): Promise<BucketEntry | undefined> {
    const { readRevision } = await import("./_more_reads.ts");
    return await readRevision(this.#reader, key, revision);
  }

  async history(key: string): Promise<BucketEntry[]> {
    const { readHistory } = await import("./_more_reads.ts");
    return await readHistory(this.#reader, key);
  }

  write(key: string, value: Uint8Array, options?: WriteOptions): Promise<number> {
    return this.#writer.write(key, value, options);
  }

  watch(filter: string, options: BucketWatchOptions = {}): BucketWatch {
    const load = async () => {
      const { watchBucket } = await import("./_bucket_watch.ts");
      return watchBucket(this, this.#stream.jetStream, filter, options);
    };
    return {
      batches: () => new Later(async () => (await load()).batches()),
      [Symbol.asyncIterator]: () => new Later(async () => (await load())[Symbol.asyncIterator]()),
    };
  }

  subscribe(filter: string, onEntry: (entry: BucketEntry) => void): Disposable {
    if (!this.republish) {
      throw new ShizukuError(
        "failed_precondition",
        `Cannot subscribe to ${filter} as bucket ${this.name} must be opened with republish: true`,
      );
    }
    const prefix = pushPrefix(this.name);
    const subscription = this.#stream.jetStream.nc.subscribe(prefix + filter, {
      callback: (error, message) => {
        if (error === null) {
          const key = message.subject.slice(prefix.length);
          return onEntry(entryOfFacts(key, message.data, factsOf(message.headers ?? [])));
        }
        getLogger(["kv", this.name]).error("Subscription failed: {error}", { error });
      },
    });
    return { [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  async destroy(): Promise<void> {
    modifierOf(this).known.clear();
    const { jetStream, troubles } = this.#stream;
    try {
      await jetStream.manager.streams.delete(streamName(this.name));
    } catch (error) {
      throw troubles.fromKvError(error, `Cannot remove bucket ${this.name}`);
    }
  }
}
