/**
 * Whether a filter holds every subject that another one holds: `a.>` covers `a.*`.
 */
export function covers(wide: string, narrow: string): boolean {
  const [a, b] = [wide.split("."), narrow.split(".")];
  for (const [index, token] of a.entries()) {
    if (token === ">") return b.length > index;
    const other = b[index];
    if (other === undefined || other === ">") return false;
    if (token !== "*" && token !== other) return false;
  }
  return a.length === b.length;
}

/**
 * Adds filters to others: none is lost, and none is held twice.
 *
 * @returns The found ones as they are if they cover what is wanted.
 */
export function joinSubjects(found: readonly string[], wanted: readonly string[]): string[] {
  const missing = [...new Set(wanted)].filter((subject, _, all) =>
    !found.some((other) => covers(other, subject)) &&
    !all.some((other) => other !== subject && covers(other, subject))
  );
  const kept = found.filter((subject) => !missing.some((other) => covers(other, subject)));
  return [...kept, ...missing];
}
