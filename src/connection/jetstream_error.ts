/** How the JetStream API says in an answer that it refuses. */
export interface ApiError {
  /** Class of the error, like an HTTP status. */
  readonly code: number;
  /** Number of the error. */
  readonly err_code?: number;
  readonly description?: string;
}

/**
 * An error that the JetStream API answers with.
 *
 * It bears the name and the fields of the official client's error, so that whoever recognises that
 * by its name recognises this one too.
 *
 * @see ADR-7 (JetStream error codes)
 */
export class JetStreamError extends Error {
  /** As the official client's. */
  override readonly name = "JetStreamApiError";

  /**
   * Makes the error of an answer.
   *
   * @param code Number of the error, such as 10071 for a wrong last sequence.
   * @param status Class of the error, like an HTTP status.
   * @param description What the server says of it.
   */
  constructor(readonly code: number, readonly status: number, description: string) {
    super(description);
  }

  /** Makes the error of what an answer says. */
  static of({ code, err_code = code, description = "no reason given" }: ApiError): JetStreamError {
    return new JetStreamError(err_code, code, description);
  }
}
