import { entryOf } from "./_bucket_entry.ts";
import { keyPrefix, streamName } from "./_bucket_names.ts";
import type { DirectReads } from "./_direct_reads.ts";
import type { BucketPlace } from "./_place.ts";
import { readStoredMessage, type StoredMessage } from "./_stored_message.ts";
import type { BucketEntry, Reads } from "./bucket.ts";

/** What the leader is asked for: a revision, or the last or the next one of a subject. */
type Query =
  | { readonly seq: number }
  | { readonly last_by_subj: string }
  | { readonly next_by_subj: string; readonly seq: number };

/**
 * Reads entries of a bucket: from the leader, or directly once the bucket was opened or read in a
 * way that needs it.
 */
export class BucketReader {
  /** The bucket. */
  readonly place: BucketPlace;
  /** Subjects of its keys start with this. */
  readonly prefix: string;
  readonly #reads: Reads;
  #direct: DirectReads | undefined;

  constructor(place: BucketPlace, reads: Reads) {
    this.place = place;
    this.prefix = keyPrefix(place.name);
    this.#reads = reads;
    this.#direct = place.DirectReads && new place.DirectReads(this);
  }

  get(key: string, reads: Reads = this.#reads): Promise<BucketEntry | undefined> {
    if (this.#direct !== undefined) return this.#direct.get(key, reads);
    return reads === "leader" ? this.getFromLeader(key) : this.#getDirectly(key);
  }

  async getFromLeader(key: string): Promise<BucketEntry | undefined> {
    try {
      return this.toEntry(await this.ask({ last_by_subj: this.prefix + key }));
    } catch (error) {
      throw this.failure(error, key);
    }
  }

  async getMany(keys: readonly string[]): Promise<(BucketEntry | undefined)[]> {
    const { getMany } = await import("./_more_reads.ts");
    return await getMany(this, this.#direct, this.#reads, keys);
  }

  /** Asks the leader. */
  async ask(query: Query): Promise<StoredMessage | undefined> {
    const { border, name, timeoutMs } = this.place;
    const reply = await border.call(
      `$JS.API.STREAM.MSG.GET.${streamName(name)}`,
      JSON.stringify(query),
      { timeoutMs },
    );
    return readStoredMessage(reply.string());
  }

  toEntry(message: StoredMessage | undefined): BucketEntry | undefined {
    if (message === undefined) return undefined;
    const { subject, data, headers, sequence: revision, created } = message;
    const key = subject.slice(this.prefix.length);
    return entryOf(key, data, headers, { revision, created, delta: 0 });
  }

  /** The error of a read. */
  failure(error: unknown, what: string): Error {
    const { name, troubles } = this.place;
    return troubles.fromKvError(error, `Cannot read ${what} of bucket ${name}`);
  }

  async #getDirectly(key: string): Promise<BucketEntry | undefined> {
    const { DirectReads } = await import("./_direct_reads.ts");
    this.#direct ??= new DirectReads(this);
    return await this.#direct.get(key, "direct");
  }
}
