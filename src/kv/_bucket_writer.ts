import { JsHeaders, PubHeaders } from "@nats-io/jetstream";
import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { store, type StoreAck } from "../connection/mod.ts";
import { OPERATION_HEADER, OPERATION_VALUE, TTL_HEADER } from "./_bucket_entry.ts";
import { keyPrefix } from "./_bucket_names.ts";
import type { BucketPlace } from "./_place.ts";
import type { WriteOptions } from "./bucket.ts";

const SHORTEST_TTL_MS = 1_000;
const NO_OPTIONS: WriteOptions = {};

/** Writes the keys of a bucket. */
export class BucketWriter {
  readonly #place: BucketPlace;
  readonly #prefix: string;

  constructor(place: BucketPlace) {
    this.#place = place;
    this.#prefix = keyPrefix(place.name);
  }

  async write(
    key: string,
    value: Uint8Array,
    options: WriteOptions = NO_OPTIONS,
  ): Promise<number> {
    const { troubles, timeoutMs: usual } = this.#place;
    const { ttlMs, timeoutMs = usual } = options;
    const isTtl = ttlMs === undefined || ttlMs >= SHORTEST_TTL_MS && ttlMs < Infinity;
    if (!isTtl) throw troubles.badTtl(this.#place, key, options);
    try {
      return (await this.#send(key, value, options, timeoutMs)).sequence;
    } catch (error) {
      const send = (timeoutMs: number) => this.#send(key, value, options, timeoutMs);
      const write = { key, value, options, timeoutMs, send };
      return await troubles.writeAgain(this.#place, write, error);
    }
  }

  #send(
    key: string,
    value: Uint8Array,
    options: WriteOptions,
    timeoutMs: number,
  ): Promise<StoreAck> {
    const headers = headersOf(options);
    return store(this.#place.border, this.#prefix + key, value, { timeoutMs, headers });
  }
}

/** The headers that a write needs, and no others: they cost a third of the throughput. */
function headersOf({ revision, operation, messageId, ttlMs }: WriteOptions): MsgHdrs | undefined {
  const hasOperation = operation !== undefined && operation !== "put";
  if (
    revision === undefined && !hasOperation && messageId === undefined && ttlMs === undefined
  ) return undefined;
  const headers = createHeaders();
  if (revision !== undefined) {
    headers.append(PubHeaders.ExpectedLastSubjectSequenceHdr, String(revision));
  }
  if (messageId !== undefined) headers.append(PubHeaders.MsgIdHdr, messageId);
  if (hasOperation) headers.append(OPERATION_HEADER, OPERATION_VALUE[operation]);
  if (operation === "purge") headers.append(JsHeaders.RollupHdr, JsHeaders.RollupValueSubject);
  if (ttlMs !== undefined) headers.append(TTL_HEADER, `${Math.ceil(ttlMs / 1000)}s`);
  return headers;
}
