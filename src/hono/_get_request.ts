import { base64Decode } from "@bufbuild/protobuf/wire";
import {
  checkVersion,
  type ConnectRequest,
  readTimeoutMs,
  type RequestHead,
  toCompression,
} from "./_connect_request.ts";
import { invalid } from "./_invalid.ts";
import { decodePercent, readQuery } from "./_read_query.ts";

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
