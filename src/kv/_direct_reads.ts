import { entryOf } from "./_bucket_entry.ts";
import { streamName } from "./_bucket_names.ts";
import type { BucketReader } from "./_bucket_reader.ts";
import { GatheredGets } from "./_gathered_gets.ts";
import { saysNobody } from "./_kv_error.ts";
import { isSole } from "./_sole_server.ts";
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
  readonly #stream: string;
  readonly #gets: GatheredGets;
  /** Whether a server on its own answers direct reads, as far as is known. */
  #isSole: boolean;
  /** What the server had said of itself when that was found out. */
  #soleSince: unknown;
  #checking: Promise<boolean> | undefined;

  constructor(reader: BucketReader) {
    const { info, jetStream: { nc: { info: server } }, name } = reader.place;
    this.#reader = reader;
    this.#stream = streamName(name);
    this.#gets = new GatheredGets(reader.place, this.#stream);
    this.#isSole = info.cluster === undefined || isSole(info, server?.server_name);
    this.#soleSince = info.cluster === undefined ? undefined : server;
  }

  get(key: string, reads: Reads): Promise<BucketEntry | undefined> {
    const isGood = this.mayRead(reads);
    if (isGood === true) return this.#get(key, reads);
    return isGood === false ? this.#reader.getFromLeader(key) : this.#getEither(key, reads, isGood);
  }

  /** Whether whoever answers a direct read is good enough. */
  mayRead(reads: Reads): boolean | Promise<boolean> {
    if (reads === "direct") return true;
    // A new greeting means another server, or other neighbours.
    const isKnown = !this.#isSole || this.#soleSince === this.#reader.place.jetStream.nc.info;
    return isKnown ? this.#isSole : this.#checking ??= this.#check();
  }

  /**
   * Whether a direct answer is the leader's. A mirror of the stream answers too: with values in its
   * own name, else in none. And what waited for the connection may have gone to another server.
   */
  isFromLeader(stream: string): boolean {
    return stream === this.#stream && this.#soleSince === this.#reader.place.jetStream.nc.info;
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
    return new Promise((resolve, reject) => {
      const askLeader = () => resolve(this.#reader.getFromLeader(key));
      this.#gets.add({
        subject: this.#reader.place.prefix + key,
        answer: (reply, facts) => {
          if (reads === "leader" && !this.isFromLeader(facts.stream)) return askLeader();
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

  async #check(): Promise<boolean> {
    const { nc, manager } = this.#reader.place.jetStream;
    const since = nc.info;
    try {
      const info = await manager.streams.info(this.#stream);
      this.#isSole = isSole(info, since?.server_name);
      this.#soleSince = since;
      return this.#isSole;
    } catch (error) {
      throw this.#failure(error, "the state");
    } finally {
      this.#checking = undefined;
    }
  }

  #failure(error: unknown, what: string): Error {
    const { place } = this.#reader;
    return place.troubles.readFailure(place, error, what);
  }
}
