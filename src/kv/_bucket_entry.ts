import { DirectMsgHeaders, PubHeaders } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/nats-core";
import type { BucketEntry, Operation } from "./bucket.ts";

/** Headers of a stored message: names and values. Those of nats-core are such. */
export type StoredHeaders = Iterable<readonly [name: string, values: readonly string[]]>;

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

/** What of a message is not in its headers. */
type Bare = Pick<BucketEntry, "revision" | "created" | "delta">;

/** Makes an entry of a stored message. */
export function entryOf(
  key: string,
  value: Uint8Array,
  headers: StoredHeaders | undefined,
  { revision, created, delta }: Bare,
): BucketEntry {
  const facts = headers === undefined ? NO_FACTS : factsOf(headers);
  const { operation, messageId, basedOn, ttlMs } = facts;
  return { key, value, revision, created, delta, operation, messageId, basedOn, ttlMs };
}

/** Makes an entry of what a direct read answers with: sequence and time are in the headers too. */
export function directEntryOf(key: string, value: Uint8Array, headers: StoredHeaders): {
  readonly entry: BucketEntry;
  readonly stream: string;
} {
  const { revision, time, stream, operation, messageId, basedOn, ttlMs } = factsOf(headers);
  const created = timeOf(time);
  const entry = { key, value, revision, created, delta: 0, operation, messageId, basedOn, ttlMs };
  return { entry, stream };
}

interface Facts {
  stream: string;
  revision: number;
  time: string;
  operation: Operation;
  messageId: string | undefined;
  basedOn: number | undefined;
  ttlMs: number | undefined;
}

const NO_FACTS: Readonly<Facts> = /* @__PURE__ */ createFacts();

function createFacts(): Facts {
  return {
    stream: "",
    revision: 0,
    time: "",
    operation: "put",
    messageId: undefined,
    basedOn: undefined,
    ttlMs: undefined,
  };
}

/** Reads all headers in one go, each of which is looked up more dearly than read. */
function factsOf(headers: StoredHeaders): Facts {
  const facts = createFacts();
  let marker: string | undefined;
  for (const [name, [value = ""]] of headers) {
    switch (name) {
      case DirectMsgHeaders.Stream:
        facts.stream = value;
        break;
      case DirectMsgHeaders.Sequence:
        facts.revision = Number(value);
        break;
      case DirectMsgHeaders.TimeStamp:
        facts.time = value;
        break;
      case OPERATION_HEADER:
        facts.operation = operationOf(value);
        break;
      case MARKER_HEADER:
        marker = value;
        break;
      case PubHeaders.MsgIdHdr:
        facts.messageId = value;
        break;
      case PubHeaders.ExpectedLastSubjectSequenceHdr:
        facts.basedOn = Number(value);
        break;
      case TTL_HEADER:
        facts.ttlMs = ttlOf(value);
    }
  }
  // The server itself leaves a marker where a value expired or was purged.
  if (marker !== undefined) facts.operation = marker === "Remove" ? "delete" : "purge";
  return facts;
}

function operationOf(value: string): Operation {
  if (value === OPERATION_VALUE.delete) return "delete";
  return value === OPERATION_VALUE.purge ? "purge" : "put";
}

const ZERO = 48;

/** Reads a time as the server writes it, `2026-11-24T06:01:56.123456789Z`, a few times faster than `Date`. */
export function timeOf(text: string): Date {
  const digits = (start: number, end: number): number => {
    let value = 0;
    for (let at = start; at < end; at++) value = value * 10 + text.charCodeAt(at) - ZERO;
    return value;
  };
  if (text.length < 24 || text[19] !== "." || text.at(-1) !== "Z") return new Date(text);
  return new Date(
    Date.UTC(
      digits(0, 4),
      digits(5, 7) - 1,
      digits(8, 10),
      digits(11, 13),
      digits(14, 16),
      digits(17, 19),
      digits(20, 23),
    ),
  );
}

/** Hours, minutes and seconds as Go writes them, or seconds. */
const DURATION = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/;

function ttlOf(text: string): number | undefined {
  const parts = DURATION.exec(text);
  if (parts === null) return undefined;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((hours! * 60 + minutes!) * 60 + seconds!) * 1000;
}

/** Makes an entry of what the server pushes at a commit. */
export function pushedEntry(key: string, { data, headers }: Msg): BucketEntry {
  return directEntryOf(key, data, headers ?? []).entry;
}
