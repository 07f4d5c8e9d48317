import { ShizukuError } from "../core/mod.ts";

/**
 * Reads a stream to its end.
 *
 * @throws {ShizukuError} `resource_exhausted` as soon as it has more than `maxBytes` bytes.
 */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(chunks, length);
    chunks.push(value);
    length += value.length;
    if (length > maxBytes) {
      // The answer does not depend on how its source takes the end.
      reader.cancel().catch(() => {});
      throw tooLarge(maxBytes);
    }
  }
}

/** The error for a message that is larger than is taken. */
export function tooLarge(maxBytes: number): ShizukuError {
  return new ShizukuError(
    "resource_exhausted",
    `Cannot read the request as its message must have at most ${maxBytes} bytes`,
    { stage: "pre", retryable: false },
  );
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
