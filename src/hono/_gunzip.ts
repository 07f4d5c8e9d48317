import { ShizukuError } from "../core/mod.ts";
import { invalid } from "./_invalid.ts";
import { readStream } from "./_read_stream.ts";

/**
 * What is fed in at once, in bytes. Some runtimes decompress a whole chunk before they hand over
 * the first byte, and gzip can blow up a thousandfold: this bounds what lies beyond the limit.
 */
const SLICE_BYTES = 4_096;

/**
 * Decompresses gzip.
 *
 * @throws {ShizukuError} `invalid_argument` if it is not gzip, `resource_exhausted` if the result
 * has more than `maxBytes` bytes.
 */
export async function gunzip(data: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const gzip = new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>;
  try {
    return await readStream(toSlices(data).pipeThrough(gzip), maxBytes);
  } catch (thrown) {
    if (ShizukuError.is(thrown)) throw thrown;
    throw invalid("Cannot decompress the request as it is no gzip", thrown);
  }
}

function toSlices(data: Uint8Array): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= data.length) controller.close();
      else controller.enqueue(data.slice(offset, offset += SLICE_BYTES));
    },
  });
}
