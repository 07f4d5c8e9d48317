import { ShizukuError } from "./shizuku_error.ts";

/** Names of the parameters of a template. */
export type SubjectParamName<Template extends string> = string extends Template ? string
  : Template extends `${infer First}.${infer Rest}`
  // The dots of `{rest...}` split its token; it can only be the last one.
    ? First extends `{${infer Name}`
      ? Name extends `${infer Whole}}` ? Whole | SubjectParamName<Rest>
      : Name
    : SubjectParamName<Rest>
  : Template extends `{${infer Name}...}` ? Name
  : Template extends `{${infer Name}}` ? Name
  : never;

/** Parameters of a template: `order.{region}.paid.{id}` has `{ region, id }`. */
export type SubjectParams<Template extends string> = string extends Template
  ? Readonly<Record<string, string>>
  : { readonly [Name in SubjectParamName<Template>]: string };

/** A typed subject template. Made by {@linkcode subject}. */
export interface Subject<
  Params extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
> {
  /** As it was written. */
  readonly template: string;
  /** Names of the parameters, in order. */
  readonly names: readonly string[];
  /** What NATS subscribes to: a `*` for each parameter, `>` for `{rest...}`. */
  readonly filter: string;
  /**
   * Fills in the parameters.
   *
   * @throws {ShizukuError} `invalid_argument` if a value is missing, empty, or holds `.`, `*`, `>`,
   * white space or control characters (dots are fine in `{rest...}`).
   */
  format(params: Params): string;
  /** Reads the parameters of a subject, or `undefined` if the template does not match it. */
  match(subject: string): Params | undefined;
}

type Token =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "rest"; readonly name: string };

const PARAM = /^\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}$/;
// deno-lint-ignore no-control-regex
const UNSAFE = /[\s\x00-\x1f\x7f*>]/;

/**
 * Reads a subject template with named parameters.
 *
 * A parameter takes one whole token; the last may be `{name...}`, which takes one token or more.
 *
 * @param template Such as `order.{region}.paid.{id}`.
 * @throws {TypeError} If the template is not a valid one.
 * @example Format, match, subscribe
 * ```ts
 * import { subject } from "@shizuku/shizuku/core";
 *
 * const paid = subject("order.{region}.paid.{id}");
 * console.log(paid.format({ region: "eu", id: "7" })); // order.eu.paid.7
 * console.log(paid.match("order.eu.paid.7")?.id); // 7
 * console.log(paid.filter); // order.*.paid.*
 * ```
 * @see ADR-6 (protocol naming conventions)
 */
export function subject<const Template extends string>(
  template: Template,
): Subject<SubjectParams<Template>> {
  const tokens = parseTemplate(template);
  const names = tokens.flatMap((token) => token.kind === "literal" ? [] : [token.name]);
  return Object.freeze({
    template,
    names,
    filter: tokens.map(toFilterToken).join("."),
    format: (params: SubjectParams<Template>) => formatTokens(template, tokens, params),
    match: (text: string) => matchTokens(tokens, text) as SubjectParams<Template> | undefined,
  });
}

function parseTemplate(template: string): Token[] {
  // `{rest...}` holds dots itself, so the text is split only at dots outside braces.
  const texts = template.split(/\.(?![^{]*\})/);
  const names = new Set<string>();
  return texts.map((text, index): Token => {
    const param = PARAM.exec(text);
    if (param === null) {
      if (text === "" || UNSAFE.test(text) || /[{}]/.test(text)) {
        throw badTemplate(template, `token ${JSON.stringify(text)} is not valid`);
      }
      return { kind: "literal", text };
    }
    const name = param[1]!;
    if (names.has(name)) throw badTemplate(template, `parameter {${name}} stands twice`);
    names.add(name);
    if (param[2] === undefined) return { kind: "param", name };
    if (index < texts.length - 1) throw badTemplate(template, `{${name}...} must be last`);
    return { kind: "rest", name };
  });
}

function badTemplate(template: string, reason: string): TypeError {
  return new TypeError(`Cannot use subject template ${JSON.stringify(template)}: ${reason}`);
}

function toFilterToken(token: Token): string {
  return token.kind === "literal" ? token.text : token.kind === "rest" ? ">" : "*";
}

function formatTokens(
  template: string,
  tokens: readonly Token[],
  params: Readonly<Record<string, string>>,
): string {
  let result = "";
  for (const token of tokens) {
    if (result !== "") result += ".";
    result += token.kind === "literal" ? token.text : checkValue(template, token, params);
  }
  return result;
}

function checkValue(
  template: string,
  token: Exclude<Token, { kind: "literal" }>,
  params: Readonly<Record<string, string>>,
): string {
  const value: unknown = params[token.name];
  const safe = typeof value === "string" && value !== "" && !UNSAFE.test(value) &&
    (token.kind === "rest" ? !/^\.|\.\.|\.$/.test(value) : !value.includes("."));
  if (safe) return value;
  const wanted = token.kind === "rest"
    ? "tokens without *, > or white space"
    : "a token without ., *, > or white space";
  throw new ShizukuError(
    "invalid_argument",
    `Cannot format subject ${template} as {${token.name}} must be ${wanted}: ` +
      `current value is ${typeof value === "string" ? JSON.stringify(value) : typeof value}`,
    { stage: "pre" },
  );
}

function matchTokens(tokens: readonly Token[], text: string): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  let start = 0;
  for (const [index, token] of tokens.entries()) {
    if (start > text.length) return undefined;
    if (token.kind === "rest") {
      if (start === text.length) return undefined;
      params[token.name] = text.slice(start);
      return params;
    }
    const dot = text.indexOf(".", start);
    const end = dot === -1 ? text.length : dot;
    const isLast = index === tokens.length - 1;
    if (end === start || (isLast ? dot !== -1 : dot === -1)) return undefined;
    const value = text.slice(start, end);
    if (token.kind === "param") params[token.name] = value;
    else if (token.text !== value) return undefined;
    start = end + 1;
  }
  return params;
}
