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

/** Another last sequence than expected, and the same when a cluster does not know it. */
const CONFLICTS: readonly number[] = [10071, 10164];

/** Whether a stream refused a message since its last sequence, or that of its subject, is another. */
export function isConflict(thrown: unknown): boolean {
  return CONFLICTS.includes(apiErrorCode(thrown) ?? 0);
}
