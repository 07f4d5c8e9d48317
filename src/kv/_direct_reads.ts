import { entryOf } from "./_bucket_entry.ts";
import { streamName } from "./_bucket_names.ts";
import type { BucketReader } from "./_bucket_reader.ts";
import { GatheredGets } from "./_gathered_gets.ts";
import { saysNobody } from "./_kv_error.ts";
import type { BucketEntry, Reads } from "./bucket.ts";

const NOT_FOUND = 404;

/**
 * Reads entries of a bucket directly, where that is asked for or as good as asking the leader.
 *
 * The API through which the leader answers costs the server three times a direct read. Where a
 * server on its own keeps the stream, it is the leader and the only one that answers direct reads,
 * so that these are no less consistent: there they are used.
 */
export class DirectReads {
  readonly #reader: BucketReader;
  readonly #gets: GatheredGets;

  constructor(reader: BucketReader) {
    this.#reader = reader;
    this.#gets = new GatheredGets(reader.place, streamName(reader.place.name));
  }

  get(key: string, reads: Reads): Promise<BucketEntry | undefined> {
    const isGood = this.mayRead(reads);
    if (isGood === true) return this.#get(key, reads);
    return isGood === false ? this.#reader.getFromLeader(key) : this.#getEither(key, reads, isGood);
  }

  /** Whether whoever answers a direct read is good enough. */
  mayRead(reads: Reads): boolean | Promise<boolean> {
    if (reads === "direct") return true;
    return this.#reader.place.sole.isSole ?? this.#findSole();
  }

  async #getEither(
    key: string,
    reads: Reads,
    isGood: Promise<boolean>,
  ): Promise<BucketEntry | undefined> {
    return await isGood ? await this.#get(key, reads) : await this.#reader.getFromLeader(key);
  }

  /** Asks whoever answers, and the leader if it takes that to know. */
  #get(key: string, reads: Reads): Promise<BucketEntry | undefined> {
    const { place } = this.#reader;
    return new Promise((resolve, reject) => {
      const askLeader = () => resolve(this.#reader.getFromLeader(key));
      this.#gets.add({
        subject: place.prefix + key,
        answer: (reply, facts) => {
          if (reads === "leader" && !place.sole.isFromLeader(facts.stream)) return askLeader();
          if (facts.revision > 0) return resolve(entryOf(key, reply.data, facts));
          if (reply.headers?.code === NOT_FOUND) return resolve(undefined);
          askLeader();
        },
        miss: () => {
          if (reads === "leader") askLeader();
          return reads !== "leader";
        },
        fail: (error) => {
          // The bucket is gone or does not allow it: the leader will say.
          if (saysNobody(error)) askLeader();
          else reject(this.#failure(error, key));
        },
      });
    });
  }

  async #findSole(): Promise<boolean> {
    try {
      return await this.#reader.place.sole.find();
    } catch (error) {
      throw this.#failure(error, "the state");
    }
  }

  #failure(error: unknown, what: string): Error {
    const { place } = this.#reader;
    return place.troubles.readFailure(place, error, what);
  }
}
