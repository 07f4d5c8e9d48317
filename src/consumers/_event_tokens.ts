/**
 * The parameters of a subject out of the fields of an event, as texts.
 *
 * Mostly they are texts already, so that the event itself serves.
 */
export function withTextTokens(
  names: readonly string[],
  event: object,
): Readonly<Record<string, string>> {
  const fields = event as Readonly<Record<string, unknown>>;
  for (const name of names) {
    if (typeof fields[name] !== "string") return asTexts(names, fields);
  }
  return fields as Readonly<Record<string, string>>;
}

function asTexts(
  names: readonly string[],
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const params: Record<string, unknown> = {};
  for (const name of names) params[name] = tokenOf(fields[name]);
  // What is no token yet is refused, by its name, when the subject is formatted.
  return params as Record<string, string>;
}

/** A text for what has exactly one; everything else stays as it is. */
export function tokenOf(value: unknown): unknown {
  const isExact = typeof value === "boolean" || typeof value === "bigint" ||
    Number.isSafeInteger(value);
  return isExact ? String(value) : value;
}
