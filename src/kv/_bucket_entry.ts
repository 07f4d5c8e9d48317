import { DirectMsgHeaders, PubHeaders, RepublishHeaders } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/nats-core";
import type { BucketEntry, Operation } from "./bucket.ts";

/** Headers of a stored message, by name; empty if it is not there. */
export interface StoredHeaders {
  /** Gives one value. */
  get(name: string): string;
}

/** Says what was done to a key. */
export const OPERATION_HEADER = "KV-Operation";

/** What {@linkcode OPERATION_HEADER} says. */
export const OPERATION_VALUE: Readonly<Record<Operation, string>> = {
  put: "PUT",
  delete: "DEL",
  purge: "PURGE",
};

/** Time to live of one message (ADR-43). */
export const TTL_HEADER = "Nats-TTL";
const MARKER_HEADER = "Nats-Marker-Reason";

/** Makes an entry of a stored message. */
export function entryOf(
  key: string,
  value: Uint8Array,
  headers: StoredHeaders | undefined,
  { revision, created, delta }: Pick<BucketEntry, "revision" | "created" | "delta">,
): BucketEntry {
  const header = (name: string) => headers?.get(name) || undefined;
  const basedOn = header(PubHeaders.ExpectedLastSubjectSequenceHdr);
  return {
    key,
    value,
    revision,
    created,
    delta,
    operation: operationOf(header(OPERATION_HEADER), header(MARKER_HEADER)),
    messageId: header(PubHeaders.MsgIdHdr),
    basedOn: basedOn === undefined ? undefined : Number(basedOn),
    ttlMs: ttlOf(header(TTL_HEADER)),
  };
}

function operationOf(operation: string | undefined, marker: string | undefined): Operation {
  // The server itself leaves a marker where a value expired or was purged.
  if (marker !== undefined) return marker === "Remove" ? "delete" : "purge";
  if (operation === OPERATION_VALUE.delete) return "delete";
  return operation === OPERATION_VALUE.purge ? "purge" : "put";
}

/** Hours, minutes and seconds as Go writes them, or seconds. */
const DURATION = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/;

function ttlOf(text: string | undefined): number | undefined {
  const parts = text === undefined ? null : DURATION.exec(text);
  if (parts === null) return undefined;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((hours! * 60 + minutes!) * 60 + seconds!) * 1000;
}

/** Makes an entry of what the server pushes at a commit. */
export function pushedEntry(key: string, { data, headers }: Msg): BucketEntry {
  return entryOf(key, data, headers, {
    revision: Number(headers?.get(RepublishHeaders.Sequence)),
    created: new Date(headers?.get(DirectMsgHeaders.TimeStamp) ?? 0),
    delta: 0,
  });
}
