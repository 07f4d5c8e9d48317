import type { Context } from "hono";
import type { TransportResponse } from "../services/mod.ts";
import { acceptsGzip, gzip } from "./_gzip.ts";
import { toOutgoing } from "./_outgoing_headers.ts";

/** How a message is sent. */
export interface SendOptions {
  /** Its content type. */
  readonly contentType: string;
  /** Smallest message that is compressed, in bytes. */
  readonly gzipFromBytes: number;
}

/** Answers with a message and the headers that came with it, compressed if the caller takes that. */
export function sendMessage(
  c: Context,
  { payload, headers }: TransportResponse,
  { contentType, gzipFromBytes }: SendOptions,
): Response | Promise<Response> {
  const isLarge = payload.length >= gzipFromBytes;
  if (!isLarge && headers === undefined) {
    return c.body(payload as Uint8Array<ArrayBuffer>, 200, { "Content-Type": contentType });
  }
  const all: Record<string, string | string[]> = {
    ...toOutgoing(headers),
    "Content-Type": contentType,
  };
  if (!isLarge) return c.body(payload as Uint8Array<ArrayBuffer>, 200, all);
  c.header("Vary", "Accept-Encoding", { append: true });
  if (!acceptsGzip(c.req.header("Accept-Encoding"))) {
    return c.body(payload as Uint8Array<ArrayBuffer>, 200, all);
  }
  return gzip(payload).then((data) => c.body(data, 200, { ...all, "Content-Encoding": "gzip" }));
}
