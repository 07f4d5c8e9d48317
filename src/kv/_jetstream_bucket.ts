import { millis } from "@nats-io/nats-core";
import { borderOf } from "../connection/mod.ts";
import { getLogger, ShizukuError } from "../core/mod.ts";
import { keyPrefix, pushPrefix, streamName } from "./_bucket_config.ts";
import { entryOf, entryOfFacts } from "./_bucket_entry.ts";
import { BucketReader } from "./_bucket_reader.ts";
import type { BucketStream } from "./_bucket_stream.ts";
import { BucketWriter } from "./_bucket_writer.ts";
import { fromKvError } from "./_kv_error.ts";
import { messageFactsOf } from "./_message_facts.ts";
import { modifierOf } from "./_modify.ts";
import { StreamBucketWatch } from "./_bucket_watch.ts";
import { type JetStream, watchStream } from "./_watch_stream.ts";
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
  readonly #jetStream: JetStream;
  readonly #reader: BucketReader;
  readonly #writer: BucketWriter;

  constructor(
    { jetStream, info, sole }: BucketStream,
    name: string,
    { reads = "leader", timeoutMs = TIMEOUT_MS }: BucketOptions,
  ) {
    const { config, created } = info;
    this.name = name;
    this.created = new Date(created);
    this.replicas = config.num_replicas;
    this.historySize = config.max_msgs_per_subject;
    this.ttlMs = config.max_age > 0 ? millis(config.max_age) : undefined;
    this.republish = config.republish?.dest === `${pushPrefix(name)}>`;
    this.reads = reads;
    this.#jetStream = jetStream;
    const place = { jetStream, border: borderOf(jetStream.nc), name, timeoutMs };
    this.#reader = new BucketReader(place, reads, sole);
    this.#writer = new BucketWriter(place);
  }

  get(key: string, options?: ReadOptions): Promise<BucketEntry | undefined> {
    return this.#reader.get(key, options?.reads);
  }

  getMany(keys: readonly string[]): Promise<(BucketEntry | undefined)[]> {
    return this.#reader.getMany(keys);
  }

  at(key: string, revision: number): Promise<BucketEntry | undefined> {
    return this.#reader.at(key, revision);
  }

  history(key: string): Promise<BucketEntry[]> {
    return this.#reader.history(key);
  }

  write(key: string, value: Uint8Array, options?: WriteOptions): Promise<number> {
    return this.#writer.write(key, value, options);
  }

  watch(filter: string, options: BucketWatchOptions = {}): BucketWatch {
    const prefix = keyPrefix(this.name);
    return new StreamBucketWatch(options.signal, (signal) =>
      watchStream(this.#jetStream, {
        stream: streamName(this.name),
        created: this.created,
        filter: prefix + filter,
        action: `Cannot watch ${filter} of bucket ${this.name}`,
        keysOnly: options.keysOnly ?? false,
        from: options.from,
        verifyMs: options.verifyMs,
        signal,
        read: ({ subject, data, headers }, { sequence, createdMs, pending }) =>
          entryOf(subject.slice(prefix.length), data, headers, {
            revision: sequence,
            created: new Date(createdMs),
            delta: pending,
          }),
      }));
  }

  subscribe(filter: string, onEntry: (entry: BucketEntry) => void): Disposable {
    if (!this.republish) {
      throw new ShizukuError(
        "failed_precondition",
        `Cannot subscribe to ${filter} as bucket ${this.name} must be opened with republish: true`,
      );
    }
    const prefix = pushPrefix(this.name);
    const subscription = this.#jetStream.nc.subscribe(prefix + filter, {
      callback: (error, message) => {
        if (error === null) {
          const key = message.subject.slice(prefix.length);
          return onEntry(entryOfFacts(key, message.data, messageFactsOf(message)));
        }
        getLogger(["kv", this.name]).error("Subscription failed: {error}", { error });
      },
    });
    return { [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  async destroy(): Promise<void> {
    modifierOf(this).known.clear();
    try {
      await this.#jetStream.manager.streams.delete(streamName(this.name));
    } catch (error) {
      throw fromKvError(error, `Cannot remove bucket ${this.name}`);
    }
  }
}
