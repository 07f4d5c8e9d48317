/** Does something with each at once, waits for all, and fails as the first that failed did. */
export async function each<T>(
  items: readonly T[],
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const outcomes = await Promise.allSettled(items.map(run));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
