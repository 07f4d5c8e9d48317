/** A path of `google.api.http`. */
export interface PathTemplate {
  /** As it was written. */
  readonly text: string;
  /** Its parts in their order: what is written, and what may be anything. */
  readonly parts: readonly (string | PathWildcard)[];
}

/** What may be anything in a path. */
export interface PathWildcard {
  /** Path of the field that takes it, such as `book.name`, if it is a variable. */
  readonly field: string | undefined;
  /** What it may be: `*`, `**`, or `shelves/*`. */
  readonly inner: string;
}

/**
 * Reads a path of `google.api.http`: `/v1/{name=shelves/*}/books/{id}:verb`.
 *
 * @throws {TypeError} If it is none.
 * @see https://google.aip.dev/127
 */
export function parsePathTemplate(text: string): PathTemplate {
  const parts = text.split(/(\{[^{}]*\}|\*\*|\*)/)
    .map((part, index) => index % 2 === 0 ? part : readWildcard(part));
  const isRead = (part: string | PathWildcard | undefined) =>
    typeof part === "string" ? !/[{}]/.test(part) : part;
  if (text.startsWith("/") && parts.every(isRead)) {
    return { text, parts: parts as (string | PathWildcard)[] };
  }
  throw new TypeError(
    `Cannot read a path of google.api.http as it must be like /v1/books/{name}: ` +
      `current value is ${JSON.stringify(text)}`,
  );
}

function readWildcard(part: string): PathWildcard | undefined {
  if (!part.startsWith("{")) return { field: undefined, inner: part };
  const [, field, inner = "*"] = /^\{([\w.]+)(?:=([^{}]+))?\}$/.exec(part) ?? [];
  return field === undefined ? undefined : { field, inner };
}
