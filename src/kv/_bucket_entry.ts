import { DirectMsgHeaders, PubHeaders } from "@nats-io/jetstream";
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

/** Makes an entry of what all is in its headers: those of a direct read's answer, or of a push. */
export function entryOfFacts(
  key: string,
  value: Uint8Array,
  { revision, created, operation, messageId, basedOn, ttlMs }: Facts,
): BucketEntry {
  return { key, value, revision, created, delta: 0, operation, messageId, basedOn, ttlMs };
}

/** What headers say of a stored message; the first four are in those of a direct read's answer only. */
export interface Facts {
  stream: string;
  subject: string;
  revision: number;
  created: Date;
  operation: Operation;
  messageId: string | undefined;
  basedOn: number | undefined;
  ttlMs: number | undefined;
}

const BEGINNING = /* @__PURE__ */ new Date(0);
const NO_FACTS: Readonly<Facts> = /* @__PURE__ */ createFacts();

/** Says what is said of a message without headers. */
export function createFacts(): Facts {
  return {
    stream: "",
    subject: "",
    revision: 0,
    created: BEGINNING,
    operation: "put",
    messageId: undefined,
    basedOn: undefined,
    ttlMs: undefined,
  };
}

/** Reads all headers in one go, each of which is looked up more dearly than read. */
export function factsOf(headers: StoredHeaders): Facts {
  const facts = createFacts();
  // The server puts its own behind those of the message.
  for (const [name, values] of headers) addFact(facts, name, values.at(-1) ?? "");
  return facts;
}

/** Reads one header. */
export function addFact(facts: Facts, name: string, value: string): void {
  switch (name) {
    case DirectMsgHeaders.Stream:
      facts.stream = value;
      break;
    case DirectMsgHeaders.Subject:
      facts.subject = value;
      break;
    case DirectMsgHeaders.Sequence:
      facts.revision = Number(value);
      break;
    case DirectMsgHeaders.TimeStamp:
      facts.created = new Date(value);
      break;
    case OPERATION_HEADER:
      facts.operation = operationOf(value);
      break;
    case MARKER_HEADER:
      // The server itself leaves a marker where a value expired or was purged.
      facts.operation = value === "Remove" ? "delete" : "purge";
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

function operationOf(value: string): Operation {
  if (value === OPERATION_VALUE.delete) return "delete";
  return value === OPERATION_VALUE.purge ? "purge" : "put";
}

/** Hours, minutes and seconds as Go writes them, or seconds. */
const DURATION = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/;

function ttlOf(text: string): number | undefined {
  const parts = DURATION.exec(text);
  if (parts === null) return undefined;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((hours! * 60 + minutes!) * 60 + seconds!) * 1000;
}
