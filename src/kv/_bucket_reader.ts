import { type MessageQuery, readStored } from "../connection/mod.ts";
import { streamName } from "./_bucket_names.ts";
import type { DirectReads } from "./_direct_reads.ts";
import type { BucketPlace } from "./_place.ts";
import { readStoredEntry } from "./_stored_entry.ts";
import type { BucketEntry, Reads } from "./bucket.ts";

/**
 * Reads entries of a bucket: from the leader, or directly once the bucket was opened or read in a
 * way that needs it.
 */
export class BucketReader {
  /** The bucket. */
  readonly place: BucketPlace;
  /** Who answers, unless a read says otherwise. */
  readonly reads: Reads;
  /** Reads directly, where that was wanted so far. */
  direct: DirectReads | undefined;

  constructor(place: BucketPlace, reads: Reads) {
    this.place = place;
    this.reads = reads;
    this.direct = place.DirectReads && new place.DirectReads(this);
  }

  get(key: string, reads: Reads = this.reads): Promise<BucketEntry | undefined> {
    if (this.direct !== undefined) return this.direct.get(key, reads);
    return reads === "leader" ? this.getFromLeader(key) : this.#getDirectly(key);
  }

  getFromLeader(key: string): Promise<BucketEntry | undefined> {
    return this.askLeader({ last_by_subj: this.place.prefix + key }, key);
  }

  /** Asks the leader. @param what To say in the message of an error. */
  async askLeader(query: MessageQuery, what: string): Promise<BucketEntry | undefined> {
    const { border, name, prefix, timeoutMs, troubles } = this.place;
    try {
      const found = await readStored(border, streamName(name), query, timeoutMs);
      return found && readStoredEntry(found, prefix);
    } catch (error) {
      throw troubles.readFailure(this.place, error, what);
    }
  }

  async #getDirectly(key: string): Promise<BucketEntry | undefined> {
    const { DirectReads } = await this.place.loadDirectParts();
    this.direct ??= new DirectReads(this);
    return await this.direct.get(key, "direct");
  }
}
