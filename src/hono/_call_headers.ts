import type { HonoRequest } from "hono";
import { checkHeaders, type HeadersRecord } from "../core/mod.ts";

/**
 * Picks the headers of a request that go along with a call.
 *
 * @throws {ShizukuError} `invalid_argument` if NATS cannot carry one of them.
 */
export function pickHeaders(
  request: HonoRequest,
  names: readonly string[],
): HeadersRecord | undefined {
  if (names.length === 0) return undefined;
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = request.header(name);
    if (value !== undefined) found[name] = value;
  }
  checkHeaders(found);
  return found;
}
