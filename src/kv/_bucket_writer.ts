import { JsHeaders, PubHeaders } from "@nats-io/jetstream";
import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { payloadTooLarge, store } from "../connection/mod.ts";
import { backoffMs, delay, ShizukuError } from "../core/mod.ts";
import { keyPrefix, streamName } from "./_bucket_config.ts";
import { OPERATION_HEADER, OPERATION_VALUE, TTL_HEADER } from "./_bucket_entry.ts";
import { fromKvError, saysNobody } from "./_kv_error.ts";
import type { BucketPlace } from "./_place.ts";
import type { WriteOptions } from "./bucket.ts";

const SHORTEST_TTL_MS = 1_000;
const BACKOFF = { initialMs: 50, maxMs: 500 };
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
    const subject = this.#prefix + key;
    const { timeoutMs = this.#place.timeoutMs } = options;
    const headers = headersOf(options, () => this.#action(key, options));
    try {
      const ack = await store(this.#place.border, subject, value, { timeoutMs, headers });
      return ack.sequence;
    } catch (error) {
      if (!saysNobody(error)) throw this.#failure(error, key, value, options);
    }
    return await this.#writePatiently(key, value, options, performance.now() + timeoutMs);
  }

  /**
   * Nobody took the write, so it was not done: the bucket is gone, or its cluster has no leader at
   * the moment and will have one.
   */
  async #writePatiently(
    key: string,
    value: Uint8Array,
    options: WriteOptions,
    deadline: number,
  ): Promise<number> {
    for (let attempt = 1;; attempt++) {
      try {
        if (attempt > 1) await delay(backoffMs(attempt, BACKOFF));
        await this.#place.jetStream.manager.streams.info(streamName(this.#place.name));
        const timeoutMs = Math.max(1, deadline - performance.now());
        const headers = headersOf(options, () => this.#action(key, options));
        const subject = this.#prefix + key;
        return (await store(this.#place.border, subject, value, { timeoutMs, headers })).sequence;
      } catch (error) {
        if (saysNobody(error) && performance.now() < deadline) continue;
        throw this.#failure(error, key, value, options);
      }
    }
  }

  #failure(error: unknown, key: string, value: Uint8Array, options: WriteOptions): ShizukuError {
    const action = this.#action(key, options);
    const max = this.#place.jetStream.nc.info?.max_payload ?? Infinity;
    if ((error as Error).name === "InvalidArgumentError" && value.length + HEADERS_BYTES > max) {
      const size = value.length;
      return payloadTooLarge({ action, what: "a value with its headers", size, max, stage: "pre" });
    }
    return fromKvError(error, action);
  }

  #action(key: string, { operation = "put" }: WriteOptions): string {
    return `Cannot ${operation} ${key} of bucket ${this.#place.name}`;
  }
}

/** What headers take at most. */
const HEADERS_BYTES = 512;

/** The headers that a write needs, and no others: they cost a third of the throughput. */
function headersOf(options: WriteOptions, action: () => string): MsgHdrs | undefined {
  const { revision, operation, messageId, ttlMs } = options;
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
  if (ttlMs !== undefined) headers.append(TTL_HEADER, ttlValue(ttlMs, action));
  return headers;
}

function ttlValue(ttlMs: number, action: () => string): string {
  if (ttlMs >= SHORTEST_TTL_MS && ttlMs < Infinity) return `${Math.ceil(ttlMs / 1000)}s`;
  throw new ShizukuError(
    "invalid_argument",
    `${action()} as ttlMs must be at least ${SHORTEST_TTL_MS}: current value is ${ttlMs}`,
    { stage: "pre" },
  );
}
