import { PubHeaders } from "@nats-io/jetstream";
import type { BucketEntry, Operation } from "./bucket.ts";

/** Headers of a stored message: names and values. Those of nats-core are such. */
export type StoredHeaders = Iterable<readonly [name: string, values: readonly string[]]>;

/** Says what was done to a key: `DEL` or `PURGE`, if not put. */
export const OPERATION_HEADER = "KV-Operation";

/** Time to live of one message (ADR-43). */
export const TTL_HEADER = "Nats-TTL";
const MARKER_HEADER = "Nats-Marker-Reason";

/** Makes an entry of what is said of a stored message. */
export function entryOf(
  key: string,
  value: Uint8Array,
  { revision, created, operation, messageId, basedOn, ttlMs }: Facts,
  delta = 0,
): BucketEntry {
  return { key, value, revision, created, delta, operation, messageId, basedOn, ttlMs };
}

/** What is said of a stored message; the first four by the headers of a direct read's answer only. */
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
export function factsOf(headers: StoredHeaders = [], add = addFact): Facts {
  const facts = createFacts();
  // The server puts its own behind those of the message.
  for (const [name, values] of headers) add(facts, name, values.at(-1) ?? "");
  return facts;
}

/** The same where it is not the headers that tell the revision and its time. */
export function factsOfRevision(
  headers: StoredHeaders | undefined,
  revision: number,
  created: Date,
): Facts {
  const facts = factsOf(headers);
  facts.revision = revision;
  facts.created = created;
  return facts;
}

/** Reads one header. */
export function addFact(facts: Facts, name: string, value: string): void {
  switch (name) {
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
  return value === "DEL" ? "delete" : value === "PURGE" ? "purge" : "put";
}

/** Hours, minutes and seconds as Go writes them, or seconds. */
const DURATION = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/;

function ttlOf(text: string): number | undefined {
  const [whole, hours = 0, minutes = 0, seconds = 0] = DURATION.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return ((+hours * 60 + +minutes) * 60 + +seconds) * 1000;
}
