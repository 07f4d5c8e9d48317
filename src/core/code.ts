/**
 * What went wrong, as one of a closed set of sixteen words.
 *
 * @see Connect protocol, "Error codes"
 */
export type Code =
  | "canceled"
  | "unknown"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

/** What a code means elsewhere. */
export interface CodeInfo {
  /** HTTP status, used by the Hono adapter and as `Nats-Service-Error-Code`. */
  readonly status: number;
  /** Whether trying again later can help when the error itself does not say. */
  readonly retryable: boolean;
}

/** Each code's HTTP status and whether it is worth another try. */
export const CODES: Readonly<Record<Code, CodeInfo>> = {
  canceled: { status: 499, retryable: false },
  unknown: { status: 500, retryable: true },
  invalid_argument: { status: 400, retryable: false },
  deadline_exceeded: { status: 504, retryable: true },
  not_found: { status: 404, retryable: false },
  already_exists: { status: 409, retryable: false },
  permission_denied: { status: 403, retryable: false },
  resource_exhausted: { status: 429, retryable: true },
  failed_precondition: { status: 400, retryable: false },
  aborted: { status: 409, retryable: true },
  out_of_range: { status: 400, retryable: false },
  unimplemented: { status: 501, retryable: false },
  internal: { status: 500, retryable: true },
  unavailable: { status: 503, retryable: true },
  data_loss: { status: 500, retryable: false },
  unauthenticated: { status: 401, retryable: false },
};

/** Tells whether a value, read from the network for instance, is one of the codes. */
export function isCode(value: unknown): value is Code {
  return typeof value === "string" && Object.hasOwn(CODES, value);
}
