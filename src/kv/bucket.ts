import { jetstream, type JetStreamManager, type StreamInfo } from "@nats-io/jetstream";
import { borderOf, type Connection, requireServer } from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import { checkBucket, createConfig, driftOf, streamName, wantedConfig } from "./_bucket_config.ts";
import { rememberStream } from "./_bucket_stream.ts";
import { JetStreamBucket } from "./_jetstream_bucket.ts";
import { API_CODE, apiCodeOf, fromKvError } from "./_kv_error.ts";
import type { JetStream } from "./_watch_stream.ts";

/**
 * Options of {@linkcode openBucket}. Those that are left out are the defaults of a new bucket, and
 * leave an existing one as it is.
 */
export interface BucketOptions {
  /**
   * On how many servers of a cluster each value is kept, 1 to 5.
   * @default {1}
   */
  replicas?: number;
  /**
   * Where values are kept. It cannot be changed later.
   * @default {"file"}
   */
  storage?: "file" | "memory";
  /**
   * How many revisions of each key are kept, 1 to 64.
   * @default {1}
   */
  history?: number;
  /** Milliseconds after which a value expires, at least 1000. By default it never does. */
  ttlMs?: number;
  /** Largest size of the whole bucket in bytes. By default without limit. */
  maxBytes?: number;
  /** Largest size of one value in bytes. By default the server's limit of a message. */
  maxValueBytes?: number;
  /** For people. */
  description?: string;
  /**
   * Whether the server also pushes each commit on core NATS, on `shizuku.kv.<bucket>.<key>`. Locks
   * need it.
   * @default {false}
   */
  republish?: boolean;
}

/** What was done to a key. `purge` also removes its history; an expired value counts as purged. */
export type Operation = "put" | "delete" | "purge";

/** One revision of a key, in bytes. */
export interface BucketEntry {
  /** Its key. */
  readonly key: string;
  /** Its value; empty unless it was put. */
  readonly value: Uint8Array;
  /** Its revision, which grows with every write to the bucket. */
  readonly revision: number;
  /** When the server stored it. */
  readonly created: Date;
  /** What was done. */
  readonly operation: Operation;
  /** How many entries follow it in a watch. */
  readonly delta: number;
  /** The `messageId` it was written with. */
  readonly messageId: string | undefined;
  /** The `revision` it was written on top of, if the writer said which. */
  readonly basedOn: number | undefined;
}

/** Options of {@linkcode Bucket.write}. */
export interface WriteOptions {
  /** Revision that the key must have, 0 for none. By default it is not looked at. */
  revision?: number;
  /**
   * What to do.
   * @default {"put"}
   */
  operation?: Operation;
  /** Identifies the write, so that it is found again when its acknowledgement is lost. */
  messageId?: string;
  /**
   * Milliseconds to wait for the acknowledgement.
   * @default {5000}
   */
  timeoutMs?: number;
}

/** Options of {@linkcode Bucket.watch}. */
export interface BucketWatchOptions {
  /** Ends the watch, without an error. */
  signal?: AbortSignal;
  /**
   * Whether values are left out.
   * @default {false}
   */
  keysOnly?: boolean;
}

/** What a watch of a bucket gives: an entry, or that all entries there were have been given. */
export type BucketWatchEvent =
  | { readonly type: "entry"; readonly entry: BucketEntry }
  | { readonly type: "ready" };

/**
 * Keys with values in bytes, kept by JetStream. {@linkcode entity} and {@linkcode value} give them
 * types.
 */
export interface Bucket {
  /** Its name. */
  readonly name: string;
  /** When it was made. With a revision it tells one write from all others, for ever. */
  readonly created: Date;
  /** On how many servers each value is kept. */
  readonly replicas: number;
  /** Milliseconds after which a value expires, if it does. */
  readonly ttlMs: number | undefined;
  /** Whether each commit is pushed, see {@linkcode Bucket.subscribe}. */
  readonly republish: boolean;
  /**
   * Reads the last revision of a key from the leader: what was acknowledged before is seen.
   *
   * @returns The entry, which may be a deletion, or `undefined` if there is none.
   */
  get(key: string): Promise<BucketEntry | undefined>;
  /**
   * Writes a key.
   *
   * @returns The new revision.
   * @throws {ShizukuError} `aborted` if the key has another revision than `options.revision`;
   * `deadline_exceeded` if no acknowledgement came, so that the outcome is unknown.
   */
  write(key: string, value: Uint8Array, options?: WriteOptions): Promise<number>;
  /**
   * Gives the last revision of every key that matches, then `ready`, then every new revision.
   *
   * @param filter A key with `*` for one token, or `>` for the rest.
   */
  watch(filter: string, options?: BucketWatchOptions): AsyncIterable<BucketWatchEvent>;
  /**
   * Hears of commits as the server pushes them: sooner than a watch, at most once each, and none
   * of before.
   *
   * @throws {ShizukuError} `failed_precondition` if the bucket does not `republish`.
   */
  subscribe(filter: string, onEntry: (entry: BucketEntry) => void): Disposable;
  /** Removes the bucket with all that is in it. */
  destroy(): Promise<void>;
}

/**
 * Opens a bucket, and makes it first if it is not there. Several processes may do so at once.
 *
 * An existing bucket that differs from the options is changed. Values are read through the leader.
 *
 * @param name Letters, digits, `-` and `_`.
 * @throws {ShizukuError} `invalid_argument` for a name or option that is not valid,
 * `failed_precondition` if the server is older than 2.11 or refuses to change an existing bucket.
 * @example
 * ```ts ignore
 * import { openBucket } from "@shizuku/shizuku/kv";
 *
 * const tickets = await openBucket(nc, "tickets", { replicas: 3, description: "All tickets" });
 * ```
 * @see ADR-8 (JetStream based key-value stores)
 */
export async function openBucket(
  nc: Connection,
  name: string,
  options: BucketOptions = {},
): Promise<Bucket> {
  checkBucket(name, options);
  requireServer(nc, `Cannot open bucket ${name}`);
  const client = await jetStreamOf(nc);
  const info = await ensureStream(client.manager, name, options);
  const bucket = new JetStreamBucket(client, name, info);
  return rememberStream(bucket, { jetStream: client, config: info.config });
}

const CLIENT = Symbol("kv.jetstream");

function jetStreamOf(connection: Connection): Promise<JetStream> {
  return borderOf(connection).once(CLIENT, async (nc) => {
    const client = jetstream(nc);
    // Without the check of the API, this asks the server for nothing and cannot fail.
    return { nc, client, manager: await client.jetstreamManager(false) };
  });
}

async function ensureStream(
  { streams }: JetStreamManager,
  name: string,
  options: BucketOptions,
): Promise<StreamInfo> {
  let info: StreamInfo;
  try {
    info = await streams.info(streamName(name)).catch(async (error) => {
      if (apiCodeOf(error) !== API_CODE.streamNotFound) throw error;
      return await streams.add(createConfig(name, options));
    }).catch(async (error) => {
      // Someone else made it in the meantime, with other options.
      if (apiCodeOf(error) !== API_CODE.streamNameInUse) throw error;
      return await streams.info(streamName(name));
    });
  } catch (error) {
    throw fromKvError(error, `Cannot open bucket ${name}`);
  }
  const wanted = wantedConfig(name, options);
  const drift = driftOf(wanted, info.config);
  if (drift.length === 0) return info;
  try {
    return await streams.update(streamName(name), wanted);
  } catch (cause) {
    const code = apiCodeOf(cause) === undefined ? "unavailable" : "failed_precondition";
    const reason = (cause as Error).message;
    throw new ShizukuError(code, `Cannot change ${drift.join(", ")} of bucket ${name}: ${reason}`, {
      stage: "call",
      cause,
    });
  }
}
