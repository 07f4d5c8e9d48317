import { setTimeout as sleep } from "node:timers/promises";
import { loadFlights, type ReportedFlight } from "./dataset.ts";

/** How the feed is going, or how it went. */
export interface FeedProgress {
  /** Flights to report. */
  total: number;
  /** Flights reported and acknowledged. */
  reported: number;
  /** How many of them the service had not known before. */
  created: number;
  /** Requests that were sent again after a transient failure. */
  retries: number;
}

/** Options of {@linkcode feed}. */
export interface FeedOptions {
  /** Base URL of the application, such as `http://127.0.0.1:8000`. */
  url: string;
  /**
   * Requests in flight at a time, 1 or more.
   *
   * @default {16}
   */
  inFlight?: number;
  /**
   * Index of the first flight to report.
   *
   * @default {0}
   */
  from?: number;
  /**
   * Index after that of the last flight to report.
   *
   * @default {Infinity}
   */
  to?: number;
  /**
   * How long one flight is tried again while the application is away or busy, in milliseconds.
   *
   * @default {60_000}
   */
  patienceMs?: number;
  /** Stops the feed, which then rejects with the signal's reason: flights under way are given up. */
  signal?: AbortSignal;
  /** Called after every flight. */
  onProgress?: (progress: FeedProgress) => void;
}

/** The application refused a flight, or stayed away for longer than the feed's patience. */
export class FeedError extends Error {
  /** Tells the class apart, as for every error. */
  override name = "FeedError";
}

/**
 * Reports the flights of the data set over HTTP, in the Connect protocol.
 *
 * Flights start in the order of the file with a bounded number of them in flight. A request that
 * fails in passing (no connection, no answer within 10 s, status 429, 502, 503 or 504) is sent
 * again with backoff. That is safe: a flight reported twice is the same flight.
 *
 * @return The final count.
 * @throws {FeedError} If a flight is refused, or fails in passing for longer than `patienceMs`.
 * @throws {RangeError} If `inFlight` is no integer of 1 or more.
 * @example The first hundred flights
 * ```ts ignore
 * import { feed } from "./feed.ts";
 *
 * await feed({ url: "http://127.0.0.1:8000", to: 100 });
 * ```
 */
export async function feed(options: FeedOptions): Promise<FeedProgress> {
  const { url, inFlight = 16, from = 0, to = Infinity, patienceMs = 60_000, onProgress } = options;
  if (!Number.isInteger(inFlight) || inFlight < 1) {
    throw new RangeError(
      `Cannot feed flights as inFlight must be an integer >= 1: current value is ${inFlight}`,
    );
  }
  const endpoint = `${url.replace(/\/+$/, "")}/flights.v1.FlightService/Report`;
  const flights = (await loadFlights()).slice(from, to);
  const progress = { total: flights.length, reported: 0, created: 0, retries: 0 };
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;

  // One iterator for all workers hands out every flight once, in order.
  const queue = flights.values();
  async function work(): Promise<void> {
    for (const flight of queue) {
      const { created } = await report(endpoint, flight, {
        patienceMs,
        // Its own, as Node warns of more than ten listeners on one signal.
        signal: AbortSignal.any([signal]),
        onRetry: () => progress.retries++,
      });
      progress.reported++;
      if (created) progress.created++;
      onProgress?.({ ...progress });
    }
  }
  const workers = Array.from({ length: inFlight }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(workers);
    options.signal?.throwIfAborted();
    throw error;
  }
  return progress;
}

interface ReportOptions {
  patienceMs: number;
  signal: AbortSignal;
  onRetry: () => void;
}

/** Reports one flight until it is acknowledged, refused, or patience runs out. */
async function report(
  endpoint: string,
  flight: ReportedFlight,
  { patienceMs, signal, onRetry }: ReportOptions,
): Promise<{ created: boolean }> {
  const giveUpAt = performance.now() + patienceMs;
  for (let attempt = 1;; attempt++) {
    const outcome = await send(endpoint, flight, signal);
    if ("created" in outcome) return outcome;
    if (!outcome.transient || performance.now() >= giveUpAt) {
      throw new FeedError(
        `Cannot report flight ${JSON.stringify(flight)} to ${endpoint} ` +
          `(attempt ${attempt}): ${outcome.reason}`,
        { cause: outcome.cause },
      );
    }
    onRetry();
    await sleep(backoffMs(attempt), undefined, { signal });
  }
}

type Outcome = { created: boolean } | { transient: boolean; reason: string; cause?: unknown };

/** Sends one request; every outcome but an abort is a value. */
async function send(
  endpoint: string,
  flight: ReportedFlight,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  let response: Response;
  let text: string;
  try {
    response = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/json", "connect-protocol-version": "1" },
      body: JSON.stringify(flight),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    text = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    return { transient: true, reason: `no answer (${reasonOf(cause)})`, cause };
  }
  const type = response.headers.get("content-type") ?? "";
  if (response.ok && type.startsWith("application/json")) {
    // Protobuf leaves false fields out of its JSON.
    return { created: (JSON.parse(text) as { created?: boolean }).created ?? false };
  }
  const answer = text.replace(/\s+/g, " ").slice(0, 300);
  return {
    transient: [429, 502, 503, 504].includes(response.status),
    reason: `status ${response.status}, ${type || "no content type"}: ${answer}`,
  };
}

/** Node's and Bun's fetch hide the reason behind a bare "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || String((cause as { code?: unknown }).code ?? cause.name);
}

/** 50 ms doubling up to 2 s, of which a random half is taken off so that workers spread out. */
function backoffMs(attempt: number): number {
  return Math.min(2_000, 50 * 2 ** (attempt - 1)) * (1 - Math.random() / 2);
}
