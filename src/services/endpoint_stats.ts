/**
 * What `$SRV.STATS` tells of one endpoint.
 *
 * `@nats-io/services` does not await handlers: its own figures miss their errors and their time.
 *
 * @see ADR-32 (NATS service API)
 */
export class EndpointStats {
  #requests = 0;
  #errors = 0;
  #totalMs = 0;
  #lastError: string | undefined;

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

  /** Overwrites the figures of `@nats-io/services` just before it renders them. */
  writeTo(target: object | undefined): void {
    if (target === undefined) return;
    const nanos = Math.round(this.#totalMs * 1_000_000);
    Object.assign(target, {
      num_requests: this.#requests,
      num_errors: this.#errors,
      last_error: this.#lastError,
      processing_time: nanos,
      average_processing_time: this.#requests === 0 ? 0 : Math.round(nanos / this.#requests),
    });
  }
}
