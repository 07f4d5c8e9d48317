import { checkHeaders, type Context, contextKey, type HeadersRecord } from "../core/mod.ts";

/** Headers of the response of the call that a context belongs to. */
export const responseHeadersKey = contextKey<{ headers: HeadersRecord | undefined }>(
  "responseHeaders",
);

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
  const holder = ctx.get(responseHeadersKey);
  if (holder === undefined) {
    throw new TypeError("Cannot set response headers as the context must be that of an RPC");
  }
  checkHeaders(headers);
  holder.headers = { ...holder.headers, ...headers };
}
