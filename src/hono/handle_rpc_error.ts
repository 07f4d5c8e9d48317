import type { Context } from "hono";
import { CODES, getLogger, ShizukuError } from "../core/mod.ts";
import { codeOfStatus } from "./_code_of_status.ts";
import { errorResponse } from "./_error_response.ts";

/** An error that knows its HTTP response, such as Hono's `HTTPException`. */
interface ResponseError extends Error {
  getResponse(): Response;
}

/**
 * Answers an error as the Connect protocol writes it: the error handler of {@linkcode rpc}, and for
 * the apps that it is mounted on.
 *
 * A {@linkcode ShizukuError} is answered with its code, message and details, an `HTTPException`
 * with its own status and headers, its message and the code that fits the status (one that is no
 * error, such as a redirect, as it is). Everything else is `internal`, and what it says is hidden.
 * What is answered with 500 or more goes to the log, category `shizuku.hono`.
 *
 * @param c The context of the request.
 * @example Answer what middleware throws
 * ```ts
 * import { Hono } from "hono";
 * import { HTTPException } from "hono/http-exception";
 * import { handleRpcError } from "@shizuku/shizuku/hono";
 *
 * const app = new Hono().onError(handleRpcError);
 * app.use(() => {
 *   throw new HTTPException(403, { message: "Not yours" });
 * });
 * const response = await app.request("/ticket.v1.TicketService/Create", { method: "POST" });
 * console.log(await response.text()); // {"code":"permission_denied","message":"Not yours"}
 * ```
 */
export function handleRpcError(error: Error, c: Context): Response {
  if (!ShizukuError.is(error) && isResponseError(error)) return answerException(error, c);
  const answer = ShizukuError.from(error);
  const { status } = CODES[answer.code];
  logFailure(c, status, answer);
  return errorResponse(c, answer, status);
}

function isResponseError(error: Error): error is ResponseError {
  return "getResponse" in error && typeof error.getResponse === "function";
}

function answerException(exception: ResponseError, c: Context): Response {
  const own = exception.getResponse();
  if (own.status < 400) return c.newResponse(own.body, own);
  logFailure(c, own.status, exception);
  const error = new ShizukuError(codeOfStatus(own.status), exception.message, { cause: exception });
  const response = errorResponse(c, error, own.status);
  // Such as WWW-Authenticate; what describes the body goes with the body.
  own.headers.forEach((value, name) => {
    if (!name.startsWith("content-")) response.headers.append(name, value);
  });
  return response;
}

function logFailure(c: Context, status: number, error: Error): void {
  if (status >= 500) {
    getLogger(["hono"]).error("{path} failed: {error}", { path: c.req.path, error });
  }
}
