/**
 * What `$SRV.STATS` tells of one endpoint (ADR-32).
 *
 * @example
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * for await (const { endpoints } of discover(nc).stats({ name: "GreetService" })) {
 *   for (const { num_requests, num_errors, average_processing_time } of endpoints) {
 *     console.log(num_requests, num_errors, average_processing_time / 1e6, "ms");
 *   }
 * }
 * ```
 */
export interface EndpointFigures {
  /** Requests that were answered. */
  readonly num_requests: number;
  /** Answers that were errors. */
  readonly num_errors: number;
  /** Message of the last error, or the empty text. */
  readonly last_error: string;
  /** Time from receipt to answer of all requests together, in nanoseconds. */
  readonly processing_time: number;
  /** The same for one request. */
  readonly average_processing_time: number;
}

/** Counts the requests of one endpoint. */
export class EndpointStats {
  #requests = 0;
  #errors = 0;
  #totalMs = 0;
  #lastError = "";

  /** Counts a request that has been answered. */
  countRequest(elapsedMs: number): void {
    this.#requests++;
    this.#totalMs += elapsedMs;
  }

  /** Counts an error reply. */
  countError(error: Error): void {
    this.#errors++;
    this.#lastError = error.message;
  }

  /** The figures at this moment. */
  get figures(): EndpointFigures {
    const nanos = Math.round(this.#totalMs * 1_000_000);
    return {
      num_requests: this.#requests,
      num_errors: this.#errors,
      last_error: this.#lastError,
      processing_time: nanos,
      average_processing_time: this.#requests === 0 ? 0 : Math.round(nanos / this.#requests),
    };
  }
}
