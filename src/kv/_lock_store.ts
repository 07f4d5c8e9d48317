import { PubHeaders } from "@nats-io/jetstream";
import { headers as createHeaders, type Msg } from "@nats-io/nats-core";
import { type Border, borderOf, readStoreAck } from "../connection/mod.ts";
import { getLogger, type ShizukuError } from "../core/mod.ts";
import { TTL_HEADER } from "./_bucket_entry.ts";
import { keyPrefix, pushPrefix, streamName } from "./_bucket_names.ts";
import type { BucketStream } from "./_bucket_stream.ts";
import { fromKvError } from "./_kv_error.ts";
import { messageFactsOf } from "./_message_facts.ts";
import { readLast, readLastDirectly, type StoredBytes } from "./_lock_reader.ts";

/** After this a free lock is forgotten: far later than any write can still be under way. */
const FREE_TTL = "86400s";
const NO_BYTES = /* @__PURE__ */ new Uint8Array();

/** How to write a lock. */
export interface LockWrite {
  /** Revision that the key must have. */
  readonly revision: number;
  /** Whether the lock is free, so that it may be forgotten some day. */
  readonly isFree: boolean;
  /** Milliseconds to wait for the acknowledgement. */
  readonly timeoutMs: number;
}

/**
 * Locks on the wire: the stream behind a bucket, with no step between that a lock does not need.
 *
 * A write is one message through the multiplexer; a push is looked at for its sequence only.
 */
export class LockStore {
  /** Name of the bucket. */
  readonly bucket: string;
  readonly #stream: BucketStream;
  readonly #border: Border;

  constructor(bucket: string, stream: BucketStream) {
    this.bucket = bucket;
    this.#stream = stream;
    this.#border = borderOf(stream.jetStream.nc);
  }

  /** Whether the connection is gone for good. */
  get isClosed(): boolean {
    return this.#stream.jetStream.nc.isClosed();
  }

  /** This process as the server knows it, and lists it among its connections. */
  get client(): string {
    const { nc } = this.#stream.jetStream;
    const { client_id: id, client_ip: ip } = nc.info ?? {};
    const name = (nc as { options?: { name?: unknown } }).options?.name;
    const client = `client ${id ?? "?"} at ${ip ?? "?"}`;
    return typeof name === "string" && name !== "" ? `${name}, ${client}` : client;
  }

  /**
   * Reads a key as the stream's leader has it.
   *
   * @param isNew Whether nothing is known of the key, so that who is told wrongly that there is
   * nothing is refused when he writes, and no more than that happens.
   * @throws {ShizukuError}
   */
  async read(key: string, timeoutMs: number, isNew = false): Promise<StoredBytes> {
    const [stream, subject] = [streamName(this.bucket), keyPrefix(this.bucket) + key];
    try {
      const found = this.#mayReadDirectly() &&
        await readLastDirectly(this.#border, stream, subject, timeoutMs);
      if (found && this.#isTrue(found, isNew)) return found;
      return await readLast(this.#border, stream, subject, timeoutMs);
    } catch (error) {
      throw fromKvError(error, `Cannot read ${key} of bucket ${this.bucket}`);
    }
  }

  /** Where it is not known, the leader's API is good for now. */
  #mayReadDirectly(): boolean {
    const { sole } = this.#stream;
    // Where the server cannot be asked, the next read asks again.
    if (sole.isSole === undefined) void sole.find().catch(() => {});
    return sole.isSole === true;
  }

  #isTrue({ revision, stream }: StoredBytes, isNew: boolean): boolean {
    const { sole } = this.#stream;
    return revision === 0 ? isNew && sole.isSole === true : sole.isFromLeader(stream);
  }

  /**
   * Writes a key on top of a revision.
   *
   * @returns The new revision, or `undefined` if the key has another one.
   * @throws {ShizukuError}
   */
  async write(key: string, bytes: Uint8Array, options: LockWrite): Promise<number | undefined> {
    const { revision, isFree, timeoutMs } = options;
    const headers = createHeaders();
    headers.append(PubHeaders.ExpectedLastSubjectSequenceHdr, `${revision}`);
    if (isFree && this.#stream.info.config.allow_msg_ttl) headers.append(TTL_HEADER, FREE_TTL);
    const subject = keyPrefix(this.bucket) + key;
    try {
      const { data } = await this.#border.call(subject, bytes, { timeoutMs, headers });
      // Where many want a lock this happens all the time; an error costs more than all the rest.
      return saysConflict(data) ? undefined : readStoreAck(data).sequence;
    } catch (error) {
      throw fromKvError(error, `Cannot write ${key} of bucket ${this.bucket}`);
    }
  }

  /** Hears of commits as the server pushes them: at most once each, and none of before. */
  subscribe(
    key: string,
    onCommit: (bytes: Uint8Array, revision: number) => void,
    onRefused?: (error: ShizukuError) => void,
  ): Disposable {
    const action = `Cannot listen to ${key} of bucket ${this.bucket}`;
    const callback = (error: Error | null, message: Msg) => {
      if (error !== null) {
        getLogger(["kv", "locks"]).error("Subscription failed: {error}", { error });
        return onRefused?.(fromKvError(error, action));
      }
      const { operation, revision } = messageFactsOf(message);
      onCommit(operation === "put" ? message.data : NO_BYTES, revision);
    };
    const { nc } = this.#stream.jetStream;
    try {
      const subscription = nc.subscribe(pushPrefix(this.bucket) + key, { callback });
      return { [Symbol.dispose]: () => subscription.unsubscribe() };
    } catch (error) {
      throw fromKvError(error, action);
    }
  }
}

const decoder = /* @__PURE__ */ new TextDecoder();
/** Wrong last sequence; a cluster also says it without the sequence. */
const CONFLICT = /"err_code":(?:10071|10164)\b/;
/** `{"e`, with which a refusal begins, unlike an acknowledgement. */
const REFUSAL_START = [0x7b, 0x22, 0x65];

function saysConflict(answer: Uint8Array): boolean {
  return REFUSAL_START.every((byte, index) => answer[index] === byte) &&
    CONFLICT.test(decoder.decode(answer));
}
