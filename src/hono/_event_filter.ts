import { invalid } from "./_invalid.ts";

/**
 * The filter of an event's subject in which some parameters have values.
 *
 * @param template Such as `flights.reported.{origin}`.
 * @throws {ShizukuError} `invalid_argument` if a value cannot be a token: it may come from a query.
 */
export function narrowFilter(
  template: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  return template.replace(/\{(\w+)(\.\.\.)?\}/g, (_, name: string, rest?: string) => {
    const value = values[name];
    if (value === undefined) return rest ? ">" : "*";
    const isToken = /^[^\s.*>\p{Cc}]+$/u.test(value);
    if (isToken || (rest && /^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u.test(value))) return value;
    throw invalid(`Cannot listen to events as ${name} must be a token of a subject`);
  });
}
