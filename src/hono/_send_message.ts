import type { Context } from "hono";
import type { TransportResponse } from "../services/mod.ts";
import { acceptsGzip, gzip } from "./_gzip.ts";
import { toOutgoing } from "./_outgoing_headers.ts";

/**
 * Answers with a message and the headers that came with it, compressed if the caller takes that.
 *
 * @param gzipFromBytes Smallest message that is compressed, in bytes.
 */
export function sendMessage(
  c: Context,
  response: TransportResponse,
  contentType: string,
  gzipFromBytes: number,
): Response | Promise<Response> {
  const { text, headers } = response;
  // A text has no more characters than bytes: most are told to be small without being encoded.
  const isSmall = (text?.length ?? response.payload.length) < gzipFromBytes &&
    (text === undefined || text.length * 3 < gzipFromBytes ||
      response.payload.length < gzipFromBytes);
  const body = text ?? response.payload as Uint8Array<ArrayBuffer>;
  if (isSmall && headers === undefined) return c.body(body, 200, { "Content-Type": contentType });
  const all = { ...toOutgoing(headers), "Content-Type": contentType };
  if (isSmall) return c.body(body, 200, all);
  c.header("Vary", "Accept-Encoding", { append: true });
  if (!acceptsGzip(c.req.header("Accept-Encoding"))) return c.body(body, 200, all);
  return gzip(response.payload).then((data) =>
    c.body(data, 200, { ...all, "Content-Encoding": "gzip" })
  );
}
