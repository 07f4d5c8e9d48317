import type { HonoRequest } from "hono";
import { ShizukuError } from "../core/mod.ts";
import type { ConnectRequest } from "./_connect_request.ts";
import { invalid } from "./_invalid.ts";
import { type Message, TextMessage } from "./_message.ts";
import { readStream, tooLarge } from "./_read_stream.ts";

/**
 * Reads the message of a request, decompressed.
 *
 * @param isText Whether whoever gets the message would rather have text.
 * @throws {ShizukuError} `resource_exhausted` if it has more than `maxBytes` bytes, as sent or
 * decompressed; `invalid_argument` if it cannot be decompressed; `canceled` if the caller goes away
 * in the middle of it.
 */
export function readMessage(
  request: HonoRequest,
  head: ConnectRequest,
  maxBytes: number,
  isText: boolean = false,
): Promise<Message> {
  if (isText && head.message === undefined && head.compression === "identity") {
    const length = declaredLength(request);
    if (length !== undefined && length <= maxBytes) return readText(request, length, maxBytes);
  }
  return readBytes(request, head, maxBytes);
}

/** Text is what runtimes read fastest, but they put a sign where bytes are no UTF-8. */
async function readText(
  request: HonoRequest,
  length: number,
  maxBytes: number,
): Promise<Message> {
  try {
    const message = new TextMessage(await request.text());
    // Whoever calls within the process may declare what it likes.
    if (message.text.length > maxBytes) throw tooLarge(maxBytes);
    if (message.text.includes("\ufffd") && message.payload.length !== length) {
      throw invalid("Cannot read the request as it must be UTF-8");
    }
    return message;
  } catch (thrown) {
    throw toReadError(request, thrown);
  }
}

async function readBytes(
  request: HonoRequest,
  { message, compression }: ConnectRequest,
  maxBytes: number,
): Promise<Message> {
  const sent = message ?? await readBody(request, maxBytes);
  if (sent.length > maxBytes) throw tooLarge(maxBytes);
  // No bytes are an empty message in any compression.
  if (compression !== "gzip" || sent.length === 0) return { payload: sent };
  const { gunzip } = await import("./_gunzip.ts");
  return { payload: await gunzip(sent, maxBytes) };
}

async function readBody(request: HonoRequest, maxBytes: number): Promise<Uint8Array> {
  const { raw } = request;
  const length = declaredLength(request);
  if (length !== undefined && length > maxBytes) throw tooLarge(maxBytes);
  try {
    // A body whose length is not known ahead is read piece by piece, so that the limit holds.
    // One that middleware has read already is kept by Hono.
    if (length === undefined && !raw.bodyUsed) {
      return raw.body === null ? new Uint8Array() : await readStream(raw.body, maxBytes);
    }
    return new Uint8Array(await request.arrayBuffer());
  } catch (thrown) {
    throw toReadError(request, thrown);
  }
}

function toReadError({ raw }: HonoRequest, thrown: unknown): unknown {
  if (ShizukuError.is(thrown) || !raw.signal.aborted) return thrown;
  return new ShizukuError("canceled", "The request ended before its body was complete", {
    stage: "pre",
    cause: thrown,
  });
}

function declaredLength(request: HonoRequest): number | undefined {
  const text = request.header("Content-Length");
  // With a transfer coding, the length that is declared means nothing (RFC 9112, 6.3).
  if (text === undefined || request.header("Transfer-Encoding") !== undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
