import {
  checkHeaders,
  type Context,
  type ContextKey,
  contextKey,
  type HeadersRecord,
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
