/**
 * Checks an option of a layer.
 *
 * @throws {RangeError} If it is less than the least, or no number.
 */
export function checkAtLeast(name: string, value: number, least: number): void {
  if (value >= least) return;
  throw new RangeError(
    `Cannot use layer as ${name} must be >= ${least}: current value is ${value}`,
  );
}

/** A value for an error message: the beginning of a text, and of other things their type. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : typeof value;
}
