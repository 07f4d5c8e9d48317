import type { Connection } from "../connection/mod.ts";
import { rememberStream } from "./_bucket_stream.ts";
import { JetStreamBucket } from "./_jetstream_bucket.ts";

/**
 * Where in a cluster a bucket is kept.
 *
 * @example
 * ```ts ignore
 * import { openBucket } from "@shizuku/shizuku/kv";
 *
 * const placement = { cluster: "east", tags: ["ssd"] };
 * const tickets = await openBucket(nc, "tickets", { replicas: 3, placement });
 * ```
 */
export interface BucketPlacement {
  /** Name of the cluster. */
  cluster?: string;
  /** What each server that keeps it must be tagged with. */
  tags?: readonly string[];
}

/**
 * How the server pushes the commits of a bucket on core NATS.
 *
 * @example Tell others of changes, without the values
 * ```ts ignore
 * import { openBucket } from "@shizuku/shizuku/kv";
 *
 * const tickets = await openBucket(nc, "tickets", {
 *   republish: { source: "ticket.>", destination: "changed.ticket.>", headersOnly: true },
 * });
 * ```
 */
export interface BucketRepublish {
  /**
   * Which keys, with wildcards.
   * @default {">"}
   */
  source?: string;
  /** Subject to push on, with as many wildcards: `changed.>`. */
  destination: string;
  /**
   * Whether values are left out.
   * @default {false}
   */
  headersOnly?: boolean;
}

/**
 * Who answers a read: the leader, so that everything acknowledged before is seen, or any replica,
 * which is faster and may be behind.
 *
 * @example Every replica may answer, all but one read
 * ```ts ignore
 * import { openBucket } from "@shizuku/shizuku/kv";
 *
 * const airports = await openBucket(nc, "airports", { replicas: 3, reads: "direct" });
 * const entry = await airports.get("airport.ORD", { reads: "leader" });
 * ```
 */
export type Reads = "leader" | "direct";

/**
 * Options of {@linkcode openBucket}. Those that are left out are the defaults of a new bucket, and
 * leave an existing one as it is.
 *
 * @example
 * ```ts ignore
 * import { openBucket } from "@shizuku/shizuku/kv";
 *
 * const sessions = await openBucket(nc, "sessions", {
 *   replicas: 3,
 *   ttlMs: 3_600_000,
 *   maxValueBytes: 65_536,
 *   description: "Who is logged in",
 * });
 * ```
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
  /**
   * Milliseconds for which a marker stays where a value has expired, at least 1000, so that watches
   * hear of it. By default `ttlMs`; without both, values that expire vanish silently.
   */
  limitMarkerTtlMs?: number;
  /** Largest size of the whole bucket in bytes. By default without limit. */
  maxBytes?: number;
  /**
   * Largest size of one value in bytes, with its key's headers. By default the server's limit of a
   * message.
   */
  maxValueBytes?: number;
  /**
   * Whether what is stored in files is compressed.
   * @default {false}
   */
  compression?: boolean;
  /** Where in a cluster the bucket is kept. By default the server chooses. */
  placement?: BucketPlacement;
  /** For people. */
  description?: string;
  /**
   * Whether the server also pushes each commit on core NATS: `true` for
   * `shizuku.kv.<bucket>.<key>`, which locks need, or where to.
   * @default {false}
   */
  republish?: boolean | BucketRepublish;
  /**
   * Who answers the reads of this process. With `"direct"` any replica does, and also mirrors: a
   * value that was just written may be missing for a moment, by whomever it was written.
   * @default {"leader"}
   */
  reads?: Reads;
  /**
   * Milliseconds to wait for an answer of the server.
   * @default {5000}
   */
  timeoutMs?: number;
}

/**
 * What was done to a key. `purge` also removes its history; an expired value counts as purged.
 *
 * @example
 * ```ts ignore
 * const entry = await bucket.get("ticket.7");
 * console.log(entry?.operation ?? "never written"); // delete
 * ```
 */
export type Operation = "put" | "delete" | "purge";

/**
 * One revision of a key, in bytes.
 *
 * @example
 * ```ts ignore
 * const entry = await bucket.get("ticket.7");
 * if (entry?.operation === "put") {
 *   console.log(entry.revision, entry.created, new TextDecoder().decode(entry.value));
 * }
 * ```
 */
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
  /** Milliseconds after which it expires, counted from `created`, if it has a time of its own. */
  readonly ttlMs: number | undefined;
}

/**
 * Options of {@linkcode Bucket.get}.
 *
 * @example
 * ```ts ignore
 * const entry = await bucket.get("airport.ORD", { reads: "direct" });
 * ```
 */
export interface ReadOptions {
  /** Who answers. By default as the bucket was opened. */
  reads?: Reads;
}

/**
 * Options of {@linkcode Bucket.write}.
 *
 * @example Only if nobody else has written meanwhile
 * ```ts ignore
 * const entry = await bucket.get("ticket.7");
 * await bucket.write("ticket.7", data, { revision: entry?.revision ?? 0, ttlMs: 60_000 });
 * ```
 */
export interface WriteOptions {
  /** Revision that the key must have, 0 for none. By default it is not looked at. */
  revision?: number | undefined;
  /**
   * What to do.
   * @default {"put"}
   */
  operation?: Operation;
  /** Identifies the write, so that it is found again when its acknowledgement is lost. */
  messageId?: string;
  /**
   * Milliseconds after which what is written expires, at least 1000; rounded up to seconds. What
   * follows it under the key has no such time unless it is given one.
   */
  ttlMs?: number | undefined;
  /** Milliseconds to wait for the acknowledgement. By default those of the bucket. */
  timeoutMs?: number;
}

/**
 * Options of {@linkcode Bucket.watch}.
 *
 * @example Go on where an earlier watch has stopped
 * ```ts ignore
 * for await (const event of bucket.watch("ticket.*", { from: lastRevision, signal })) {
 *   if (event.type === "entry") console.log(event.entry.key, event.entry.operation);
 * }
 * ```
 */
export interface BucketWatchOptions {
  /** Ends the watch, without an error. */
  signal?: AbortSignal;
  /**
   * Whether values are left out.
   * @default {false}
   */
  keysOnly?: boolean;
  /**
   * Revision after which to begin: instead of the last revision of each key, all that came after it
   * and are still there. By default the watch begins with the last revision of each key.
   */
  from?: number;
  /**
   * Milliseconds between two looks at which revisions the bucket still has. By default it is looked
   * at only when the watch was interrupted.
   */
  verifyMs?: number;
}

/**
 * What a watch of a bucket gives.
 *
 * @example
 * ```ts ignore
 * const keys = new Set<string>();
 * for await (const event of bucket.watch(">", { signal })) {
 *   if (event.type === "reset") keys.clear();
 *   if (event.type === "entry") keys.add(event.entry.key);
 *   if (event.type === "ready") console.log(`${keys.size} keys`);
 * }
 * ```
 */
export type BucketWatchEvent =
  /** A revision. */
  | { readonly type: "entry"; readonly entry: BucketEntry }
  /** All entries that there were have been given. */
  | { readonly type: "ready" }
  /**
   * What was given before is void, since the bucket was made anew or has lost revisions; what it has
   * now follows, and `ready`.
   */
  | { readonly type: "reset" };

/**
 * What of a watch has come at once: first maybe a reset, then entries, then maybe `ready`.
 *
 * @example
 * ```ts ignore
 * for await (const { items, isReady, sequence } of bucket.watch(">").batches()) {
 *   console.log(`${items.length} entries, up to ${sequence}`);
 *   if (isReady) break;
 * }
 * ```
 */
export interface BucketBatch {
  /** Whether what was given before is void. */
  readonly isReset: boolean;
  /** The entries, in the order of their revisions. None is a sign of life. */
  readonly items: readonly BucketEntry[];
  /** Whether with these all entries that there were have been given. */
  readonly isReady: boolean;
  /** Up to which revision all has been given; 0 before all has been that there was. */
  readonly sequence: number;
  /** How many entries were still to come. */
  readonly pending: number;
  /** The first revision that the bucket still has, if it was just looked at. */
  readonly firstSequence: number | undefined;
}

/**
 * A watch of a bucket, which begins when it is iterated over.
 *
 * @example
 * ```ts ignore
 * import type { BucketWatch } from "@shizuku/shizuku/kv";
 *
 * const watch: BucketWatch = bucket.watch("ticket.*", { keysOnly: true, signal });
 * for await (const event of watch) console.log(event.type);
 * ```
 */
export interface BucketWatch extends AsyncIterable<BucketWatchEvent> {
  /** Gives what comes at once together, and each second a sign of life. */
  batches(): AsyncIterableIterator<BucketBatch>;
}

/**
 * Keys with values in bytes, kept by JetStream. {@linkcode entity} and {@linkcode value} give them
 * types.
 *
 * @example
 * ```ts ignore
 * import { type Bucket, openBucket } from "@shizuku/shizuku/kv";
 *
 * const bucket: Bucket = await openBucket(nc, "files", { history: 5 });
 * const revision = await bucket.write("a.txt", new TextEncoder().encode("Hello"));
 * console.log((await bucket.get("a.txt"))?.revision === revision); // true
 * ```
 */
export interface Bucket {
  /** Its name. */
  readonly name: string;
  /** When it was made. With a revision it tells one write from all others, for ever. */
  readonly created: Date;
  /** On how many servers each value is kept. */
  readonly replicas: number;
  /** How many revisions of each key are kept. */
  readonly historySize: number;
  /** Milliseconds after which a value expires, if it does. */
  readonly ttlMs: number | undefined;
  /** Whether each commit is pushed, see {@linkcode Bucket.subscribe}. */
  readonly republish: boolean;
  /** Who answers reads. */
  readonly reads: Reads;
  /**
   * Reads the last revision of a key. From the leader, unless the bucket was opened with other
   * `reads`: then what was acknowledged before is seen.
   *
   * @returns The entry, which may be a deletion, or `undefined` if there is none.
   * @throws {ShizukuError} `not_found` if the bucket is not there any more.
   */
  get(key: string, options?: ReadOptions): Promise<BucketEntry | undefined>;
  /**
   * Reads the last revisions of many keys at once: with direct reads in one question, else in one
   * for each, all under way together.
   *
   * @returns An entry or `undefined` for each key, in their order.
   */
  getMany(keys: readonly string[]): Promise<(BucketEntry | undefined)[]>;
  /** Reads one revision of a key, if it is still kept. */
  at(key: string, revision: number): Promise<BucketEntry | undefined>;
  /** Reads all revisions of a key that are kept, the oldest first. */
  history(key: string): Promise<BucketEntry[]>;
  /**
   * Writes a key.
   *
   * @returns The new revision.
   * @throws {ShizukuError} `aborted` if the key has another revision than `options.revision`;
   * `deadline_exceeded` if no acknowledgement came and `unavailable` if the connection was lost, so
   * that the outcome is unknown; `not_found` if the bucket is not there any more;
   * `resource_exhausted` if the value or the bucket gets too large.
   */
  write(key: string, value: Uint8Array, options?: WriteOptions): Promise<number>;
  /**
   * Gives the last revision of every key that matches, then `ready`, then every new revision.
   *
   * @param filter A key with `*` for one token, or `>` for the rest.
   */
  watch(filter: string, options?: BucketWatchOptions): BucketWatch;
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
 * An existing bucket that differs from the options is changed.
 *
 * @param name Letters, digits, `-` and `_`.
 * @throws {ShizukuError} `invalid_argument` for a name or option that is not valid,
 * `failed_precondition` if the server is older than 2.11 or refuses to change an existing bucket:
 * the message names what was wanted and what was found.
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
  const { openStream } = await import("./_open_stream.ts");
  const stream = await openStream(nc, name, options);
  return rememberStream(new JetStreamBucket(name, stream, options), stream);
}
