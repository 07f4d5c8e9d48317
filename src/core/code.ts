import type { Stage } from "./shizuku_error.ts";

/**
 * What went wrong, as one of a closed set of sixteen words.
 *
 * @example Decide by what went wrong
 * ```ts
 * import { type Code, ShizukuError } from "@shizuku/shizuku/core";
 *
 * const codeOf = (thrown: unknown): Code => ShizukuError.from(thrown).code;
 * console.log(codeOf(new DOMException("Too late", "TimeoutError"))); // deadline_exceeded
 * ```
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

/**
 * What a code means elsewhere.
 *
 * @example
 * ```ts
 * import { CODES } from "@shizuku/shizuku/core";
 *
 * const { status, serviceCode, retryable, stage } = CODES.not_found;
 * console.log(status, serviceCode, retryable, stage); // 404 404 false business
 * ```
 */
export interface CodeInfo {
  /** HTTP status. */
  readonly status: number;
  /** Number of an error reply of a NATS micro service, `Nats-Service-Error-Code` (ADR-32). */
  readonly serviceCode: number;
  /** Whether trying again later can help when the error itself does not say. */
  readonly retryable: boolean;
  /** Where an error with this code arises as a rule; one that arose elsewhere says so itself. */
  readonly stage: Stage;
}

/**
 * Each code's HTTP status, number in NATS, where it arises, and whether it is worth another try.
 *
 * Of several codes with one number, the first one is what the number alone is read as.
 *
 * @example Which errors are worth another try
 * ```ts
 * import { type Code, CODES } from "@shizuku/shizuku/core";
 *
 * const codes = Object.keys(CODES) as Code[];
 * console.log(codes.filter((code) => CODES[code].retryable).length); // 6
 * ```
 */
export const CODES: Readonly<Record<Code, CodeInfo>> = {
  invalid_argument: row(400, "pre"),
  failed_precondition: row(400, "business"),
  out_of_range: row(400, "business"),
  unauthenticated: row(401, "pre"),
  permission_denied: row(403, "pre"),
  not_found: row(404, "business"),
  aborted: row(409, "business", true),
  already_exists: row(409, "business"),
  resource_exhausted: row(429, "pre", true),
  canceled: row(499, "call"),
  unknown: row(500, "business", true),
  internal: row(500, "business", true),
  data_loss: row(500, "business"),
  unimplemented: row(501, "pre"),
  unavailable: row(503, "call", true),
  deadline_exceeded: row(504, "call", true),
};

/** A row of the table: micro services number their errors as HTTP does. */
// @__NO_SIDE_EFFECTS__
function row(status: number, stage: Stage, retryable = false): CodeInfo {
  return { status, serviceCode: status, stage, retryable };
}

/**
 * Tells whether a value, read from the network for instance, is one of the codes.
 *
 * @example
 * ```ts
 * import { isCode } from "@shizuku/shizuku/core";
 *
 * console.log(isCode("not_found"), isCode("NOT_FOUND")); // true false
 * ```
 */
export function isCode(value: unknown): value is Code {
  return typeof value === "string" && Object.hasOwn(CODES, value);
}

/**
 * The code that a number in an error reply of any NATS micro service stands for.
 *
 * @example
 * ```ts
 * import { codeOfServiceCode } from "@shizuku/shizuku/core";
 *
 * console.log(codeOfServiceCode(404), codeOfServiceCode(418)); // not_found unknown
 * ```
 */
export function codeOfServiceCode(serviceCode: number): Code {
  const codes = Object.keys(CODES) as Code[];
  return codes.find((code) => CODES[code].serviceCode === serviceCode) ?? "unknown";
}
