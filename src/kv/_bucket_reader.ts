import { keyPrefix, streamName } from "./_bucket_config.ts";
import { entryOf, entryOfFacts } from "./_bucket_entry.ts";
import { GatheredGets } from "./_gathered_gets.ts";
import { getBatch } from "./_direct_batch.ts";
import { fromKvError, saysNobody } from "./_kv_error.ts";
import type { BucketPlace } from "./_place.ts";
import type { SoleServer } from "./_sole_server.ts";
import { readStoredMessage, type StoredMessage } from "./_stored_message.ts";
import type { BucketEntry, Reads } from "./bucket.ts";

/** How many questions to the leader are under way at once: it has a queue, and drops what is beyond. */
const MAX_QUESTIONS = 256;
const MAX_HISTORY = 64;
const NOT_FOUND = 404;

/** What the leader is asked for: a revision, or the last or the next one of a subject. */
type Query =
  | { readonly seq: number }
  | { readonly last_by_subj: string }
  | { readonly next_by_subj: string; readonly seq: number };

/**
 * Reads entries of a bucket.
 *
 * The API through which the leader answers costs the server three times a direct read, which is
 * used where a server on its own keeps the stream.
 */
export class BucketReader {
  readonly #place: BucketPlace;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #leaderSubject: string;
  readonly #reads: Reads;
  readonly #gets: GatheredGets;
  readonly #sole: SoleServer;

  constructor(place: BucketPlace, reads: Reads, sole: SoleServer) {
    this.#place = place;
    this.#stream = streamName(place.name);
    this.#prefix = keyPrefix(place.name);
    this.#leaderSubject = `$JS.API.STREAM.MSG.GET.${this.#stream}`;
    this.#reads = reads;
    this.#gets = new GatheredGets(place, this.#stream);
    this.#sole = sole;
  }

  get(key: string, reads: Reads = this.#reads): Promise<BucketEntry | undefined> {
    const isDirect = this.#mayReadDirectly(reads);
    if (isDirect === true) return this.#getDirectly(key, reads);
    return isDirect === false ? this.#getFromLeader(key) : this.#getEither(key, reads, isDirect);
  }

  async #getEither(
    key: string,
    reads: Reads,
    isDirect: Promise<boolean>,
  ): Promise<BucketEntry | undefined> {
    return await isDirect ? await this.#getDirectly(key, reads) : await this.#getFromLeader(key);
  }

  async #getFromLeader(key: string): Promise<BucketEntry | undefined> {
    try {
      return this.#entry(await this.#ask({ last_by_subj: this.#prefix + key }));
    } catch (error) {
      throw this.#failure(error, key);
    }
  }

  /** Asks whoever answers, and the leader if it takes that to know. */
  #getDirectly(key: string, reads: Reads): Promise<BucketEntry | undefined> {
    return new Promise((resolve, reject) => {
      const askLeader = () => resolve(this.#getFromLeader(key));
      this.#gets.add({
        subject: this.#prefix + key,
        answer: (reply, facts) => {
          if (reads === "leader" && !this.#sole.isFromLeader(facts.stream)) return askLeader();
          if (facts.revision > 0) return resolve(entryOfFacts(key, reply.data, facts));
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

  async getMany(keys: readonly string[]): Promise<(BucketEntry | undefined)[]> {
    if (await this.#mayReadDirectly(this.#reads)) {
      try {
        const found = await this.#getBatch(keys);
        if (found !== "elsewhere") return found;
      } catch (error) {
        throw this.#failure(error, `${keys.length} keys`);
      }
    }
    const entries: (BucketEntry | undefined)[] = new Array(keys.length);
    let next = 0;
    const work = async () => {
      for (let index = next++; index < keys.length; index = next++) {
        entries[index] = await this.get(keys[index]!);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_QUESTIONS, keys.length) }, work));
    return entries;
  }

  async at(key: string, revision: number): Promise<BucketEntry | undefined> {
    try {
      const found = await this.#ask({ seq: revision });
      return found?.subject === this.#prefix + key ? this.#entry(found) : undefined;
    } catch (error) {
      throw this.#failure(error, `${key} at revision ${revision}`);
    }
  }

  async history(key: string): Promise<BucketEntry[]> {
    const subject = this.#prefix + key;
    const entries: BucketEntry[] = [];
    try {
      // Not without end, if somebody writes faster than this reads.
      for (let seq = 1; entries.length < MAX_HISTORY;) {
        const found = await this.#ask({ next_by_subj: subject, seq });
        if (found === undefined) break;
        entries.push(this.#entry(found)!);
        seq = found.sequence + 1;
      }
      return entries;
    } catch (error) {
      throw this.#failure(error, `the history of ${key}`);
    }
  }

  /** Whether whoever answers a direct read is good enough. */
  #mayReadDirectly(reads: Reads): boolean | Promise<boolean> {
    if (reads === "direct") return true;
    return this.#sole.isSole ?? this.#findSole();
  }

  async #findSole(): Promise<boolean> {
    try {
      return await this.#sole.find();
    } catch (error) {
      throw this.#failure(error, "the state");
    }
  }

  async #getBatch(
    keys: readonly string[],
  ): Promise<(BucketEntry | undefined)[] | "elsewhere"> {
    const subjects = keys.map((key) => this.#prefix + key);
    const { jetStream: { nc }, timeoutMs } = this.#place;
    const found = await getBatch(nc, this.#stream, subjects, timeoutMs);
    if (found === undefined) return "elsewhere";
    const isTrue = this.#reads === "direct" ||
      found.streams.every((stream) => this.#sole.isFromLeader(stream));
    if (!isTrue) return "elsewhere";
    return subjects.map((subject) => this.#entry(found.messages.get(subject)));
  }

  async #ask(query: Query): Promise<StoredMessage | undefined> {
    const { border, timeoutMs } = this.#place;
    const payload = JSON.stringify(query);
    const reply = await border.call(this.#leaderSubject, payload, { timeoutMs });
    return readStoredMessage(reply.string());
  }

  #entry(message: StoredMessage | undefined): BucketEntry | undefined {
    if (message === undefined) return undefined;
    const { subject, data, headers, sequence: revision, created } = message;
    const key = subject.slice(this.#prefix.length);
    return entryOf(key, data, headers, { revision, created, delta: 0 });
  }

  #failure(error: unknown, what: string): Error {
    return fromKvError(error, `Cannot read ${what} of bucket ${this.#place.name}`);
  }
}
