import type { Code } from "../core/mod.ts";

/**
 * The code that an HTTP status stands for when a server gives it, as middleware does.
 *
 * That is more than what the Connect protocol lets a client guess from a status alone.
 */
export function codeOfStatus(status: number): Code {
  return CODE_OF_STATUS[status] ?? "unknown";
}

const CODE_OF_STATUS: Readonly<Record<number, Code>> = {
  400: "invalid_argument",
  401: "unauthenticated",
  403: "permission_denied",
  404: "not_found",
  408: "deadline_exceeded",
  409: "aborted",
  412: "failed_precondition",
  413: "resource_exhausted",
  416: "out_of_range",
  422: "invalid_argument",
  429: "resource_exhausted",
  499: "canceled",
  500: "internal",
  501: "unimplemented",
  502: "unavailable",
  503: "unavailable",
  504: "deadline_exceeded",
};
