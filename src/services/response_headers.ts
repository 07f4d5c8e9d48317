import {
  checkHeaders,
  type Context,
  type ContextKey,
  contextKey,
  type HeadersRecord,
  ShizukuError,
} from "../core/mod.ts";

const KEY: ContextKey<ResponseHeaders> = contextKey<ResponseHeaders>("responseHeaders");

/** The headers that the handler of one call sets; as the values of its context they are found there. */
export class ResponseHeaders implements Iterable<readonly [ContextKey<unknown>, unknown]> {
  /** The headers, if there are any. */
  headers: HeadersRecord | undefined;

  /** Read only when somebody asks the context for a value. */
  *[Symbol.iterator](): Generator<readonly [ContextKey<unknown>, unknown]> {
    yield [KEY, this];
  }
}

/**
 * Adds headers to the response of the call that is being handled.
 *
 * @throws {ShizukuError} `invalid_argument` for a header that cannot be sent.
 * @throws {TypeError} If the context is not that of an RPC.
 * @example
 * ```ts ignore
 * const implementation = {
 *   get(request, ctx) {
 *     setResponseHeaders(ctx, { ETag: "7" });
 *     return find(request.id);
 *   },
 * };
 * ```
 */
export function setResponseHeaders(ctx: Context, headers: HeadersRecord): void {
  const holder = ctx.get(KEY);
  if (holder === undefined) {
    throw new TypeError("Cannot set response headers as the context must be that of an RPC");
  }
  checkHeaders(headers);
  holder.headers = { ...holder.headers, ...headers };
}

/**
 * Adds trailers to the response of the call that is being handled: what a caller in the Connect
 * protocol reads after the message. They travel as headers named `Trailer-*`.
 *
 * @throws {ShizukuError} `invalid_argument` for a trailer that cannot be sent.
 * @throws {TypeError} If the context is not that of an RPC.
 * @example
 * ```ts ignore
 * setResponseTrailers(ctx, { "Rows-Read": "1200" });
 * ```
 * @see https://connectrpc.com/docs/protocol#unary-response
 */
export function setResponseTrailers(ctx: Context, trailers: HeadersRecord): void {
  const entries = Object.entries(trailers).map(([name, value]) => [`Trailer-${name}`, value]);
  setResponseHeaders(ctx, Object.fromEntries(entries));
}

/** The error with the headers that the handler had set before it failed; its own come first. */
export function withHeaders(error: ShizukuError, headers: HeadersRecord | undefined): ShizukuError {
  if (headers === undefined) return error;
  const { code, message, stage, retryable, details } = error;
  // A copy, since whoever threw it may throw it again.
  return new ShizukuError(code, message, {
    stage,
    retryable,
    details,
    headers: { ...headers, ...error.headers },
    cause: error.cause,
  });
}
