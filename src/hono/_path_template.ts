/** The path of a REST route. */
export interface PathTemplate {
  /** As it was written. */
  readonly text: string;
  /** Matches a path; each variable is a group. Made when it is first asked for. */
  readonly pattern: RegExp;
  /** The variables in their order, each the path of a field: `book.name`. */
  readonly variables: readonly PathVariable[];
  /** How exact it is: of two that match, the one with more is meant. */
  readonly weight: number;
}

/** A variable of a path. */
export interface PathVariable {
  /** Path of the field. */
  readonly field: string;
  /** Whether its value may have slashes, which stay as they are. */
  readonly hasSlashes: boolean;
}

/**
 * Reads a path of `google.api.http`: `/v1/{name=shelves/*}/books/{id}:verb`.
 *
 * @throws {TypeError} If it is none.
 * @see https://google.aip.dev/127
 */
export function parsePathTemplate(text: string): PathTemplate {
  const parts = text.split(/(\{[^{}]*\}|\*\*|\*)/);
  const isValid = text.startsWith("/") &&
    parts.every((part, i) => i % 2 === 1 || !/[{}]/.test(part));
  if (!isValid) throw invalid(text);
  const wild = parts.map((part, i) => i % 2 === 0 ? undefined : readWildcard(part, text));
  let pattern: RegExp | undefined;
  let weight: number | undefined;
  return {
    text,
    get pattern() {
      return pattern ??= new RegExp(
        `^${parts.map((part, i) => toPattern(part, wild[i])).join("")}$`,
      );
    },
    variables: wild.flatMap((found) => {
      const { field, inner } = found ?? {};
      return field === undefined ? [] : [{ field, hasSlashes: inner !== "*" }];
    }),
    get weight() {
      return weight ??= weigh(text);
    },
  };
}

/** What may be anything: of a variable, or without a name. */
interface Wildcard {
  readonly field: string | undefined;
  readonly inner: string;
}

function readWildcard(part: string, text: string): Wildcard {
  if (!part.startsWith("{")) return { field: undefined, inner: part };
  const [, field, inner = "*"] = /^\{([\w.]+)(?:=([^{}]+))?\}$/.exec(part) ?? [];
  if (field === undefined) throw invalid(text);
  return { field, inner };
}

function toPattern(part: string, wildcard: Wildcard | undefined): string {
  if (wildcard === undefined) return escape(part);
  const { field, inner } = wildcard;
  return field === undefined ? segments(inner) : `(${segments(inner)})`;
}

/** A written segment counts more than one that may be anything, and that more than many. */
function weigh(text: string): number {
  const expanded = text.replace(/\{[\w.]+(?:=([^{}]+))?\}/g, (_, inner = "*") => inner);
  const weights = expanded.split("/").map((segment) =>
    segment.includes("**") ? 1 : segment.includes("*") ? 3 + segment.length : 100
  );
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** A colon begins a verb (`:order`), so that a single segment has none. */
function segments(text: string): string {
  return text.split(/(\*\*|\*)/).map((part) =>
    part === "**" ? ".+" : part === "*" ? "[^/:]+" : escape(part)
  ).join("");
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function invalid(text: string): TypeError {
  return new TypeError(
    `Cannot read a path of google.api.http as it must be like /v1/books/{name}: ` +
      `current value is ${JSON.stringify(text)}`,
  );
}

/**
 * The values of a path's variables by field, if the path matches.
 *
 * @returns `undefined` if it does not match, or is not properly encoded.
 */
export function matchPath(
  { pattern, variables }: PathTemplate,
  path: string,
): ReadonlyMap<string, string> | undefined {
  const match = pattern.exec(path);
  if (match === null) return undefined;
  try {
    return new Map(variables.map(({ field, hasSlashes }, index) => [
      field,
      decode(match[index + 1]!, hasSlashes),
    ]));
  } catch {
    return undefined;
  }
}

/** Where slashes are part of the value, an encoded one stays encoded, so that it can be told. */
function decode(value: string, hasSlashes: boolean): string {
  if (!hasSlashes) return decodeURIComponent(value);
  return value.split(/(%2F)/i).map((part, index) => index % 2 ? part : decodeURIComponent(part))
    .join("");
}
