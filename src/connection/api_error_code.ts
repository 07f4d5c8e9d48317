const NAMES: ReadonlySet<unknown> = new Set([
  "JetStreamApiError",
  "StreamNotFoundError",
  "ConsumerNotFoundError",
]);

/**
 * The number of an error that the JetStream API answers with (`err_code`), such as 10059.
 *
 * It is recognised by its name, so that those of another copy of the client are too.
 *
 * @see ADR-7 (JetStream error codes)
 */
export function apiErrorCode(thrown: unknown): number | undefined {
  const { name, code } = (thrown ?? {}) as { name?: unknown; code?: unknown };
  return NAMES.has(name) && typeof code === "number" ? code : undefined;
}
