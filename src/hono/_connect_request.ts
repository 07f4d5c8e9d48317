import { ShizukuError } from "../core/mod.ts";
import { invalid } from "./_invalid.ts";

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

/** @throws {ShizukuError} `invalid_argument` if there is another version. */
export function checkVersion(name: string, wanted: string, found: string | undefined): void {
  if (found === undefined || found === wanted) return;
  throw invalid(
    `Cannot read the request as ${name} must be ${wanted}: ` +
      `current value is ${JSON.stringify(found)}`,
  );
}

/** How long the caller waits, if it says so. */
export function readTimeoutMs(head: RequestHead): number | undefined {
  const text = head.header("Connect-Timeout-Ms");
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw invalid(
    `Cannot read the request as Connect-Timeout-Ms must be 1 to 10 digits: ` +
      `current value is ${JSON.stringify(text)}`,
  );
}

/** @throws {ShizukuError} `unimplemented` if it is not known. */
export function toCompression(name: string | undefined): Compression {
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
