/**
 * Finds the content type of a contract that a caller means, or `undefined` if there is none.
 *
 * Case does not matter, and `charset=utf-8` is the one parameter that is tolerated.
 *
 * @param asked Such as `application/json; charset=utf-8`.
 * @param known What the method understands, by content type.
 */
export function toContentType(
  asked: string | undefined,
  known: ReadonlyMap<string, unknown>,
): string | undefined {
  if (asked === undefined || known.has(asked)) return asked;
  const [type = "", ...parameters] = asked.toLowerCase().split(";").map((part) => part.trim());
  const isPlain = parameters.every((parameter) => /^(charset="?utf-?8"?)?$/.test(parameter));
  return isPlain && known.has(type) ? type : undefined;
}

/**
 * Whether a page of any origin may send this content type without asking first, so that it alone
 * does not show that the caller is allowed to.
 *
 * @see https://fetch.spec.whatwg.org/#cors-safelisted-request-header
 */
export function isSimpleType(contentType: string): boolean {
  if (contentType.startsWith("application/json")) return false;
  return /^(text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\b/i
    .test(contentType);
}
