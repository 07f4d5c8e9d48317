import { JsHeaders, PubHeaders } from "@nats-io/jetstream";
import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { store, type StoreAck } from "../connection/mod.ts";
import { OPERATION_HEADER, TTL_HEADER } from "./_bucket_entry.ts";
import type { BucketPlace } from "./_place.ts";
import type { WriteOptions } from "./bucket.ts";

/** Writes a key of a bucket. @returns The new revision. */
export async function writeKey(
  place: BucketPlace,
  key: string,
  value: Uint8Array,
  options: WriteOptions = {},
): Promise<number> {
  const { timeoutMs = place.timeoutMs } = options;
  const send = (timeoutMs: number): Promise<StoreAck> =>
    store(place.border, place.prefix + key, value, {
      timeoutMs,
      headers: headersOf(place, key, options),
    });
  try {
    return (await send(timeoutMs)).sequence;
  } catch (error) {
    const write = { key, value, options, timeoutMs, send };
    return await place.troubles.writeAgain(place, write, error);
  }
}

/** The headers that a write needs, and no others: they cost a third of the throughput. */
function headersOf(
  place: BucketPlace,
  key: string,
  options: WriteOptions,
): MsgHdrs | undefined {
  const { revision, operation = "put", messageId, ttlMs } = options;
  let headers: MsgHdrs | undefined;
  const add = (name: string, value: string) => (headers ??= createHeaders()).append(name, value);
  if (revision !== undefined) add(PubHeaders.ExpectedLastSubjectSequenceHdr, `${revision}`);
  if (messageId !== undefined) add(PubHeaders.MsgIdHdr, messageId);
  if (operation !== "put") add(OPERATION_HEADER, operation === "delete" ? "DEL" : "PURGE");
  if (operation === "purge") add(JsHeaders.RollupHdr, JsHeaders.RollupValueSubject);
  if (ttlMs !== undefined) add(TTL_HEADER, place.troubles.ttlValue(place, key, options));
  return headers;
}
