import {
  DirectMsgHeaders,
  type JetStreamPublishOptions,
  JsHeaders,
  PubHeaders,
  RepublishHeaders,
  type StreamInfo,
} from "@nats-io/jetstream";
import { headers as createHeaders, millis, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { getLogger, ShizukuError } from "../core/mod.ts";
import { keyPrefix, pushPrefix, streamName } from "./_bucket_config.ts";
import { fromKvError } from "./_kv_error.ts";
import { StreamBucketWatch } from "./_bucket_watch.ts";
import { type JetStream, watchStream } from "./_watch_stream.ts";
import type {
  Bucket,
  BucketEntry,
  BucketWatch,
  BucketWatchOptions,
  Operation,
  WriteOptions,
} from "./bucket.ts";

const OPERATION_HEADER = "KV-Operation";
const OPERATION_VALUE: Readonly<Record<Operation, string>> = {
  put: "PUT",
  delete: "DEL",
  purge: "PURGE",
};
const MARKER_HEADER = "Nats-Marker-Reason";

/** A bucket over the JetStream API. */
export class JetStreamBucket implements Bucket {
  readonly name: string;
  readonly created: Date;
  readonly replicas: number;
  readonly ttlMs: number | undefined;
  readonly republish: boolean;
  readonly #jetStream: JetStream;

  constructor(jetStream: JetStream, name: string, { config, created }: StreamInfo) {
    this.name = name;
    this.created = new Date(created);
    this.replicas = config.num_replicas;
    this.ttlMs = config.max_age > 0 ? millis(config.max_age) : undefined;
    this.republish = config.republish?.dest === `${pushPrefix(name)}>`;
    this.#jetStream = jetStream;
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    const query = { last_by_subj: keyPrefix(this.name) + key };
    try {
      const message = await this.#jetStream.manager.streams.getMessage(
        streamName(this.name),
        query,
      );
      if (message === null) return undefined;
      const { data, header, seq, time } = message;
      return entryOf(key, data, header, { revision: seq, created: time, delta: 0 });
    } catch (error) {
      throw fromKvError(error, `Cannot read ${key} of bucket ${this.name}`);
    }
  }

  async write(key: string, value: Uint8Array, options: WriteOptions = {}): Promise<number> {
    try {
      const subject = keyPrefix(this.name) + key;
      return (await this.#jetStream.client.publish(subject, value, publishOptions(options))).seq;
    } catch (error) {
      const action = options.operation ?? "put";
      throw fromKvError(error, `Cannot ${action} ${key} of bucket ${this.name}`);
    }
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
          return onEntry(pushedEntry(message.subject.slice(prefix.length), message));
        }
        getLogger(["kv", this.name]).error("Subscription failed: {error}", { error });
      },
    });
    return { [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  async destroy(): Promise<void> {
    try {
      await this.#jetStream.manager.streams.delete(streamName(this.name));
    } catch (error) {
      throw fromKvError(error, `Cannot remove bucket ${this.name}`);
    }
  }
}

function publishOptions(options: WriteOptions): Partial<JetStreamPublishOptions> {
  const { revision, operation = "put", messageId, timeoutMs } = options;
  return {
    ...(operation !== "put" && { headers: operationHeaders(operation) }),
    ...(messageId !== undefined && { msgID: messageId }),
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(revision !== undefined && { expect: { lastSubjectSequence: revision } }),
  };
}

function operationHeaders(operation: Operation): MsgHdrs {
  const headers = createHeaders();
  headers.set(OPERATION_HEADER, OPERATION_VALUE[operation]);
  if (operation === "purge") headers.set(JsHeaders.RollupHdr, JsHeaders.RollupValueSubject);
  return headers;
}

function entryOf(
  key: string,
  value: Uint8Array,
  headers: MsgHdrs | undefined,
  stored: Pick<BucketEntry, "revision" | "created" | "delta">,
): BucketEntry {
  const header = (name: string) => headers?.get(name) || undefined;
  const basedOn = header(PubHeaders.ExpectedLastSubjectSequenceHdr);
  return {
    key,
    value,
    ...stored,
    operation: operationOf(header(OPERATION_HEADER), header(MARKER_HEADER)),
    messageId: header(PubHeaders.MsgIdHdr),
    basedOn: basedOn === undefined ? undefined : Number(basedOn),
  };
}

function operationOf(operation: string | undefined, marker: string | undefined): Operation {
  // The server itself leaves a marker where a value expired or was purged.
  if (marker !== undefined) return marker === "Remove" ? "delete" : "purge";
  if (operation === OPERATION_VALUE.delete) return "delete";
  return operation === OPERATION_VALUE.purge ? "purge" : "put";
}

function pushedEntry(key: string, { data, headers }: Msg): BucketEntry {
  return entryOf(key, data, headers, {
    revision: Number(headers?.get(RepublishHeaders.Sequence)),
    created: new Date(headers?.get(DirectMsgHeaders.TimeStamp) ?? 0),
    delta: 0,
  });
}
