import { apiErrorCode, fromNatsError, STREAM_NOT_FOUND } from "../connection/mod.ts";
import { type Code, ShizukuError } from "../core/mod.ts";

const CODE_OF_API_CODE: Readonly<Record<number, Code>> = {
  [STREAM_NOT_FOUND]: "not_found",
  // Time to live of a single message: not allowed by the stream.
  10166: "failed_precondition",
  // Wrong last sequence: another write came first. A cluster also says it without the sequence.
  10071: "aborted",
  10164: "aborted",
  // Message size exceeds maximum allowed; maximum bytes, messages or storage exceeded.
  10054: "resource_exhausted",
  10077: "resource_exhausted",
  10023: "resource_exhausted",
  10047: "resource_exhausted",
};

const REASON_OF_CODE: Partial<Record<Code, string>> = {
  aborted: "another write came first",
  failed_precondition: "the bucket must allow a time to live for single values, as it does when " +
    "it is opened with limitMarkerTtlMs",
};

/** Whether nobody answered, so that what was asked was certainly not done. */
export function saysNobody(thrown: unknown): boolean {
  const { name, cause } = (thrown ?? {}) as { name?: unknown; cause?: unknown };
  return name === "NoResponders" ||
    (cause as { name?: unknown } | undefined)?.name === "NoResponders";
}

/** Whether the server does not allow to ask. */
export function saysRefused(thrown: unknown): boolean {
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  return (cause as { name?: unknown } | undefined)?.name === "PermissionViolationError";
}

/**
 * Makes an error of this library of one from the JetStream client.
 *
 * @param action What was tried, to begin the message with: `Cannot write ticket.7`.
 */
export function fromKvError(thrown: unknown, action: string): ShizukuError {
  const code = CODE_OF_API_CODE[apiErrorCode(thrown) ?? 0];
  if (code === undefined) return fromNatsError(thrown, action);
  const reason = REASON_OF_CODE[code] ?? (thrown as Error).message;
  return new ShizukuError(code, `${action}: ${reason}`, {
    stage: "call",
    cause: thrown,
    // Room that is used up stays used up.
    ...(code === "resource_exhausted" && { retryable: false }),
  });
}
