import { clearTimeout, setTimeout } from "node:timers";
import { reasonOf } from "./_errors.ts";

/** When to give up a download, and whom to tell about it. */
export interface DownloadOptions {
  /** Milliseconds for the connection and the head of the answer. */
  readonly connectTimeoutMs: number;
  /** Milliseconds without a byte after that. */
  readonly stallTimeoutMs: number;
  /** Ends the download with its reason. */
  readonly signal?: AbortSignal;
  /** Hears of every piece: bytes so far, and of how many if that is known. */
  readonly onBytes?: (done: number, total: number | undefined) => void;
}

/**
 * Downloads a file into memory.
 *
 * @throws {Error} If the host cannot be reached in time, answers with another status than 2xx, or
 * sends less than it announced.
 */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { connectTimeoutMs, stallTimeoutMs, signal, onBytes } = options;
  const patience = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expect = (ms: number, what: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => patience.abort(new Error(`${what} within ${ms} ms`)), ms);
  };
  try {
    expect(connectTimeoutMs, "no answer");
    const response = await fetch(url, {
      headers: { "accept-encoding": "identity" },
      signal: signal ? AbortSignal.any([signal, patience.signal]) : patience.signal,
    });
    if (!response.ok) throw new Error(`status ${response.status} ${response.statusText}`.trim());
    const total = Number(response.headers.get("content-length")) || undefined;
    const pieces: Uint8Array[] = [];
    let done = 0;
    expect(stallTimeoutMs, "no more bytes");
    for await (const piece of piecesOf(response)) {
      expect(stallTimeoutMs, "no more bytes");
      pieces.push(piece);
      done += piece.length;
      onBytes?.(done, total);
    }
    if (done < (total ?? 0)) throw new Error(`the transfer ended after ${done} of ${total} bytes`);
    return joined(pieces, done);
  } catch (error) {
    signal?.throwIfAborted();
    const cause = patience.signal.aborted ? patience.signal.reason : error;
    throw new Error(`cannot download ${url}: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
    // Ends the connection of an answer that was not read to its end.
    patience.abort();
  }
}

async function* piecesOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
