import type { StreamInfo } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/nats-core";
import { keyPrefix, streamName } from "./_bucket_config.ts";
import { directEntryOf, entryOf } from "./_bucket_entry.ts";
import { getBatch } from "./_direct_batch.ts";
import { fromKvError, saysNobody } from "./_kv_error.ts";
import type { BucketPlace } from "./_place.ts";
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
 * The API through which the leader answers costs the server three times a direct read. Where a
 * server on its own keeps the stream, it is the leader and the only one that answers direct reads,
 * so that these are no less consistent: there they are used.
 */
export class BucketReader {
  readonly #place: BucketPlace;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #directPrefix: string;
  readonly #leaderSubject: string;
  readonly #reads: Reads;
  /** Whether a server on its own answers direct reads, as far as is known. */
  #isSole: boolean;
  /** What the server had said of itself when that was found out. */
  #soleSince: unknown;
  #checking: Promise<boolean> | undefined;

  constructor(place: BucketPlace, reads: Reads, info: StreamInfo) {
    this.#place = place;
    this.#stream = streamName(place.name);
    this.#prefix = keyPrefix(place.name);
    this.#directPrefix = `$JS.API.DIRECT.GET.${this.#stream}.${this.#prefix}`;
    this.#leaderSubject = `$JS.API.STREAM.MSG.GET.${this.#stream}`;
    this.#reads = reads;
    this.#isSole = isSole(info);
    this.#soleSince = place.jetStream.nc.info;
  }

  async get(key: string, reads: Reads = this.#reads): Promise<BucketEntry | undefined> {
    try {
      const isDirect = this.#mayReadDirectly(reads);
      if (isDirect === true || await isDirect) {
        const found = this.#readDirect(key, await this.#askDirectly(key), reads);
        if (found !== "elsewhere") return found;
      }
      return this.#entry(await this.#ask({ last_by_subj: this.#prefix + key }));
    } catch (error) {
      throw this.#failure(error, key);
    }
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
    // A new greeting means another server, or other neighbours.
    const isKnown = !this.#isSole || this.#soleSince === this.#place.jetStream.nc.info;
    return isKnown ? this.#isSole : this.#checking ??= this.#check();
  }

  async #check(): Promise<boolean> {
    const { nc, manager } = this.#place.jetStream;
    const since = nc.info;
    try {
      this.#isSole = isSole(await manager.streams.info(this.#stream));
      this.#soleSince = since;
      return this.#isSole;
    } catch (error) {
      throw this.#failure(error, "the state");
    } finally {
      this.#checking = undefined;
    }
  }

  /** Asks whoever answers. */
  async #askDirectly(key: string): Promise<Msg | undefined> {
    const { border, timeoutMs } = this.#place;
    try {
      return await border.call(this.#directPrefix + key, undefined, { timeoutMs });
    } catch (error) {
      // The bucket is gone or does not allow it: the leader will say.
      if (saysNobody(error)) return undefined;
      throw error;
    }
  }

  /** Reads what was answered; `elsewhere` if it takes the leader to know. */
  #readDirect(
    key: string,
    reply: Msg | undefined,
    reads: Reads,
  ): BucketEntry | undefined | "elsewhere" {
    const { headers, data } = reply ?? {};
    if (headers?.code === NOT_FOUND) return undefined;
    if (headers === undefined || data === undefined || headers.code !== 0) return "elsewhere";
    const { entry, stream } = directEntryOf(key, data, headers);
    // A mirror of the stream answers too, in its own name.
    return reads === "leader" && stream !== this.#stream ? "elsewhere" : entry;
  }

  async #getBatch(
    keys: readonly string[],
  ): Promise<(BucketEntry | undefined)[] | "elsewhere"> {
    const subjects = keys.map((key) => this.#prefix + key);
    const { jetStream: { nc }, timeoutMs } = this.#place;
    const found = await getBatch(nc, this.#stream, subjects, timeoutMs);
    if (found === undefined) return "elsewhere";
    const isForeign = ({ stream }: { stream: string }) => stream !== this.#stream;
    if (this.#reads === "leader" && [...found.values()].some(isForeign)) return "elsewhere";
    return subjects.map((subject) => this.#entry(found.get(subject)));
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

function isSole({ config, cluster, mirror }: StreamInfo): boolean {
  return config.allow_direct && cluster === undefined && mirror === undefined;
}
