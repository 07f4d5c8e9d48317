import type { PathTemplate, PathWildcard } from "./_path_template.ts";

/** Matches paths against a template. */
export interface PathMatcher {
  /** How exact it is: of two that match, the one with more is meant. */
  readonly weight: number;
  /**
   * The values of a path's variables by field, if the path matches.
   *
   * @returns `undefined` if it does not match, or is not properly encoded.
   */
  match(path: string): ReadonlyMap<string, string> | undefined;
}

/** Makes a matcher, whose pattern is made when it is first needed. */
export function pathMatcher({ text, parts }: PathTemplate): PathMatcher {
  const variables = parts.filter((part) => typeof part === "object" && part.field !== undefined);
  let pattern: RegExp | undefined;
  return {
    weight: weigh(text),
    match(path) {
      pattern ??= new RegExp(`^${parts.map(toPattern).join("")}$`);
      const match = pattern.exec(path);
      return match === null ? undefined : read(variables as PathWildcard[], match);
    },
  };
}

function read(
  variables: readonly PathWildcard[],
  match: RegExpExecArray,
): ReadonlyMap<string, string> | undefined {
  try {
    return new Map(variables.map(({ field, inner }, index) => [
      field!,
      decode(match[index + 1]!, inner !== "*"),
    ]));
  } catch {
    return undefined;
  }
}

function toPattern(part: string | PathWildcard): string {
  if (typeof part === "string") return escape(part);
  return part.field === undefined ? segments(part.inner) : `(${segments(part.inner)})`;
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

/** Where slashes are part of the value, an encoded one stays encoded, so that it can be told. */
function decode(value: string, hasSlashes: boolean): string {
  if (!hasSlashes) return decodeURIComponent(value);
  return value.split(/(%2F)/i).map((part, index) => index % 2 ? part : decodeURIComponent(part))
    .join("");
}
