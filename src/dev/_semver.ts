/** The three numbers of a version. */
export type Version = readonly [major: number, minor: number, patch: number];

/** Finds the first `1.2.3` in a text such as `nats-server: v2.15.2-RC.1`. */
export function parseVersion(text: string): Version | undefined {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

/** Says whether a version text is `minimum` or newer; a text without a version is not. */
export function isAtLeast(text: string, minimum: string): boolean {
  const actual = parseVersion(text);
  const wanted = parseVersion(minimum);
  if (!actual || !wanted) return false;
  for (const [index, number] of wanted.entries()) {
    if (actual[index] !== number) return actual[index]! > number;
  }
  return true;
}
