import { base64Decode } from "@bufbuild/protobuf/wire";
import { ShizukuError } from "../core/mod.ts";
import { decodePercent, readQuery } from "./_read_query.ts";

/** The part of a Hono request that is read here. */
export interface RequestHead {
  /** With its query. */
  readonly url: string;
  /** The value of a header, by its name in any case. */
  header(name: string): string | undefined;
}

/** How a message may be compressed. */
export type Compression = "identity" | "gzip";

/** What a unary request of the Connect protocol says. */
export interface ConnectRequest {
  /** Content type of the message as the caller wrote it. */
  readonly contentType: string | undefined;
  /** How the message is compressed. */
  readonly compression: Compression;
  /** How long the caller waits, in milliseconds, if it says so. */
  readonly timeoutMs: number | undefined;
  /** Whether it says that it is of the Connect protocol, which no plain form or link can. */
  readonly isConnect: boolean;
  /** The message as it was sent, unless it is in the body. */
  readonly message: Uint8Array | undefined;
}

/**
 * Reads a unary request sent by `POST`.
 *
 * @throws {ShizukuError} `invalid_argument` for a wrong version or timeout, `unimplemented` for an
 * unknown compression.
 * @see https://connectrpc.com/docs/protocol#unary-request
 */
export function readPost(head: RequestHead): ConnectRequest {
  const version = head.header("Connect-Protocol-Version");
  checkVersion("Connect-Protocol-Version", "1", version);
  return {
    isConnect: version !== undefined,
    contentType: head.header("Content-Type"),
    compression: toCompression(head.header("Content-Encoding")),
    timeoutMs: readTimeoutMs(head),
    message: undefined,
  };
}

/**
 * Reads a unary request sent by `GET`.
 *
 * @throws {ShizukuError} As {@linkcode readPost}, and `invalid_argument` for a missing message.
 * @see https://connectrpc.com/docs/protocol#unary-get-request
 */
export function readGet(head: RequestHead): ConnectRequest {
  const query = readQuery(head.url);
  checkVersion("query parameter connect", "v1", toText(query.get("connect")));
  const encoding = toText(query.get("encoding"));
  const compression = toCompression(toText(query.get("compression")));
  return {
    isConnect: false,
    contentType: encoding === undefined ? undefined : `application/${encoding}`,
    compression,
    timeoutMs: readTimeoutMs(head),
    message: readMessageParameter(query),
  };
}

function readMessageParameter(query: ReadonlyMap<string, string>): Uint8Array {
  const message = query.get("message");
  if (message === undefined) {
    throw invalid("Cannot read the request as query parameter message must be there");
  }
  const bytes = decodePercent(message);
  if (query.get("base64") !== "1") return bytes;
  try {
    return base64Decode(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw invalid("Cannot read the request as query parameter message must be base64", cause);
  }
}

function toText(raw: string | undefined): string | undefined {
  return raw === undefined ? undefined : new TextDecoder().decode(decodePercent(raw));
}

/** A version that is not named is fine: curl does not. */
function checkVersion(name: string, wanted: string, found: string | undefined): void {
  if (found === undefined || found === wanted) return;
  throw invalid(
    `Cannot read the request as ${name} must be ${wanted}: ` +
      `current value is ${JSON.stringify(found)}`,
  );
}

function readTimeoutMs(head: RequestHead): number | undefined {
  const text = head.header("Connect-Timeout-Ms");
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw invalid(
    `Cannot read the request as Connect-Timeout-Ms must be 1 to 10 digits: ` +
      `current value is ${JSON.stringify(text)}`,
  );
}

function toCompression(name: string | undefined): Compression {
  if (name === undefined) return "identity";
  const compression = name.trim().toLowerCase() || "identity";
  if (compression === "identity" || compression === "gzip") return compression;
  throw new ShizukuError(
    "unimplemented",
    `Cannot read the request as its compression must be gzip or identity: ` +
      `current value is ${JSON.stringify(name)}`,
    { stage: "pre" },
  );
}

function invalid(message: string, cause?: unknown): ShizukuError {
  return new ShizukuError("invalid_argument", message, { stage: "pre", cause });
}
