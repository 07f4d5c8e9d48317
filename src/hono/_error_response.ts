import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ShizukuError } from "../core/mod.ts";
import { toErrorJson } from "./_error_json.ts";

/** Answers with an error as the Connect protocol writes it. */
export function errorResponse(
  c: Context,
  error: ShizukuError,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  // Hono's type of a status leaves out 499, which Connect uses for `canceled`.
  return c.body(JSON.stringify(toErrorJson(error)), status as ContentfulStatusCode, {
    ...headers,
    "Content-Type": "application/json",
  });
}
