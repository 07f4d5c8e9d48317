import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ShizukuError } from "../core/mod.ts";
import { toErrorJson } from "./_error_json.ts";
import { toOutgoing } from "./_outgoing_headers.ts";

/** Answers with an error as the Connect protocol writes it, and with the headers that it carries. */
export function errorResponse(
  c: Context,
  error: ShizukuError,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  // Hono's type of a status leaves out 499, which Connect uses for `canceled`.
  return c.body(JSON.stringify(toErrorJson(error)), status as ContentfulStatusCode, {
    ...toOutgoing(error.headers),
    ...headers,
    "Content-Type": "application/json",
  });
}
