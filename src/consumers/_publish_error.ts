import { apiErrorCode, fromNatsError } from "../connection/mod.ts";
import { type Code, ShizukuError } from "../core/mod.ts";

/** Numbers of the JetStream API that publishing deals with. */
export const ROLLUP_FAILED = 10111;
export const BATCH_INCOMPLETE = 10176;
export const DUPLICATE_IN_BATCH = 10201;

const CODES: readonly (readonly [Code, readonly number[]])[] = [
  // The conflicts, and another last message id than expected.
  ["aborted", [10071, 10164, 10070]],
  ["already_exists", [DUPLICATE_IN_BATCH]],
  ["not_found", [10059]],
  // Limits: of the account, the server, its disk and memory, the stream, a message, a batch.
  ["resource_exhausted", [10002, 10023, 10028, 10047, 10054, 10077, 10097, 10122, 10199]],
];

/** What a stream must have been told to allow. */
const SETTINGS: Readonly<Record<number, string>> = {
  10166: "allowTtl",
  10174: "allowAtomic",
  10188: "allowSchedules",
  10205: "allowBatched",
};

/**
 * What passes: no leader yet, the same message under way (10158), too many at once (10210), the
 * server stops.
 */
const AGAIN: readonly number[] = [
  10007,
  10008,
  10009,
  10023,
  10118,
  10158,
  10163,
  10167,
  10194,
  10210,
  10211,
];

/** The stream's own limits; what it says else when it cannot store passes with the server's end. */
const STORE_FAILED = 10077;

/**
 * Whether the next try can have another end. Pure.
 *
 * Everything that leaves open whether the message is stored is tried again: the message id makes
 * that harmless.
 */
export function shouldTryAgain(thrown: unknown): boolean {
  if (ShizukuError.is(thrown)) return false;
  const number = jetStreamNumber(thrown);
  if (number === STORE_FAILED) return !/maximum|too large/.test((thrown as Error).message);
  if (number !== undefined) return AGAIN.includes(number);
  if (hasName(thrown, "ClosedConnectionError") || hasName(thrown, "DrainingConnectionError")) {
    return false;
  }
  const { code } = fromNatsError(thrown, "");
  return code === "unavailable" || code === "deadline_exceeded";
}

/** Whether nobody has listened: no stream has the subject, or it has no leader at the moment. */
export function isNoResponders(thrown: unknown): boolean {
  return hasName(thrown, "NoRespondersError") || hasName(thrown, "NoResponders");
}

/** Makes an error of this library of what a try has ended with. */
export function toPublishError(thrown: unknown, action: string): ShizukuError {
  if (ShizukuError.is(thrown)) return thrown;
  const number = jetStreamNumber(thrown);
  if (number === undefined) {
    if (isNoResponders(thrown)) {
      const message = `${action} as no stream answers there`;
      return new ShizukuError("unavailable", message, { stage: "post", cause: thrown });
    }
    return fromNatsError(thrown, action, "post");
  }
  const again = AGAIN.includes(number);
  const [code] = CODES.find(([, numbers]) => numbers.includes(number)) ??
    [again ? "unavailable" : "failed_precondition"];
  const setting = SETTINGS[number];
  const { message } = thrown as Error;
  const reason = setting ? ` as its stream must have ${setting}: ${message}` : `: ${message}`;
  return new ShizukuError(code, action + reason, {
    stage: "post",
    cause: thrown,
    ...(code === "resource_exhausted" && { retryable: again }),
  });
}

/** What a call rejects with when its signal has aborted. */
export function toAbortError(signal: AbortSignal, action: string): ShizukuError {
  const reason: unknown = signal.reason;
  const isLate = (reason as { name?: unknown } | null | undefined)?.name === "TimeoutError";
  return new ShizukuError(
    isLate ? "deadline_exceeded" : "canceled",
    `${action}: ${isLate ? "the time is over" : "the caller canceled it"}`,
    { stage: "post", cause: reason },
  );
}

/** The number of a refusal of JetStream; other errors have numbers of their own meaning. */
export function jetStreamNumber(thrown: unknown): number | undefined {
  return hasName(thrown, "JetStreamApiError") ? apiErrorCode(thrown) : undefined;
}

function hasName(thrown: unknown, name: string): boolean {
  const cause = (thrown as { cause?: unknown } | null | undefined)?.cause;
  return [thrown, cause].some((error) =>
    (error as { name?: unknown } | null | undefined)?.name === name
  );
}
