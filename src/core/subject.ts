import { shown } from "./_check.ts";
import { refusal } from "./_refusal.ts";
import { encodeUtf8 } from "./_utf8.ts";
import type { ShizukuError } from "./shizuku_error.ts";

/**
 * Names of the parameters of a template.
 *
 * @example
 * ```ts
 * import type { SubjectParamName } from "@shizuku/shizuku/core";
 *
 * const names: SubjectParamName<"order.{region}.paid.{id}">[] = ["region", "id"];
 * ```
 */
export type SubjectParamName<Template extends string> = string extends Template ? string
  : Template extends `${infer Token}.${infer Rest}`
  // The dots of `{rest...}` split its token; it can only be the last one.
    ? Token extends `{${infer Name}`
      ? Name extends `${infer Whole}}` ? Whole | SubjectParamName<Rest>
      : Name
    : SubjectParamName<Rest>
  : Template extends `{${infer Name}...}` ? Name
  : Template extends `{${infer Name}}` ? Name
  : never;

/**
 * Parameters of a template: `order.{region}.paid.{id}` has `{ region, id }`.
 *
 * @example
 * ```ts
 * import { subject, type SubjectParams } from "@shizuku/shizuku/core";
 *
 * const template = "order.{region}.paid.{id}";
 * const params: SubjectParams<typeof template> = { region: "eu", id: "7" };
 * console.log(subject(template).format(params)); // order.eu.paid.7
 * ```
 */
export type SubjectParams<Template extends string> = string extends Template
  ? Readonly<Record<string, string>>
  : { readonly [Name in SubjectParamName<Template>]: string };

/**
 * A typed subject template. Made by {@linkcode subject}.
 *
 * @example
 * ```ts
 * import { type Subject, subject } from "@shizuku/shizuku/core";
 *
 * const closed: Subject<{ id: string }> = subject("ticket.{id}.closed");
 * console.log(closed.template, closed.names, closed.filter);
 * console.log(closed.match("ticket.7.closed")?.id); // 7
 * ```
 */
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
   * white space or control characters (dots are fine in `{rest...}`), if it would make a subject of
   * the system's (`$…`), or if the subject gets longer than 3,840 bytes.
   */
  format(params: Params): string;
  /** Reads the parameters of a subject, or `undefined` if the template does not match it. */
  match(subject: string): Params | undefined;
}

/**
 * The longest subject, in bytes of UTF-8: what a server takes in one line, 4,096 by default, less
 * 256 for the reply subject and the sizes beside it.
 */
const MAX_SUBJECT_BYTES = 3_840;

/** Names are those of identifiers; `__proto__` alone is no key like the others. */
const PARAM = /\{(?!__proto__)([A-Za-z_]\w*)(\.\.\.)?\}/g;
/** White space, control characters, wildcards, and surrogates without a partner: no UTF-8 has them. */
const UNSAFE = /[\s\p{Cc}\p{Cs}*>]/u;
/** Tokens of text, or `*`, and at the end maybe `>`. */
const FILTER = /^(?:(?:[^.*>{}]+|\*)(?:\.|$))*>?$/;
const EMPTY_TOKEN = /^\.|\.\.|\.$|^$/;

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
  const names: string[] = [];
  const filter = template.replace(PARAM, (_, name: string, dots: string | undefined) => {
    names.push(name);
    return dots ? ">" : "*";
  });
  const literals = filter.split(/[*>]/);
  const restAt = filter.endsWith(">") ? names.length - 1 : -1;
  checkTemplate(template, names, filter);

  const format = (params: Readonly<Record<string, unknown>>) => {
    let result = literals[0]!;
    for (let index = 0; index < names.length; index++) {
      const value = params[names[index]!];
      if (!isValue(value, index === restAt) || (result === "" && value.startsWith("$"))) {
        const wanted = index === restAt ? "tokens" : "a token";
        throw badSubject(
          template,
          `{${names[index]}} must be ${wanted} without wildcards, white space or a leading $`,
          shown(value),
        );
      }
      result += value + literals[index + 1]!;
    }
    // A UTF-16 unit takes at most three bytes: only what is rather long has to be measured.
    const size = result.length * 3 > MAX_SUBJECT_BYTES ? encodeUtf8(result).length : 0;
    if (size <= MAX_SUBJECT_BYTES) return result;
    throw badSubject(template, `it must have at most ${MAX_SUBJECT_BYTES} bytes`, size);
  };
  const match = (text: string) => {
    if (!text.startsWith(literals[0]!)) return undefined;
    let position = literals[0]!.length;
    const params: Record<string, string> = {};
    for (let index = 0; index < names.length; index++) {
      const dot = index === restAt ? -1 : text.indexOf(".", position);
      const end = dot === -1 ? text.length : dot;
      const literal = literals[index + 1]!;
      if (end === position || !text.startsWith(literal, end)) return undefined;
      params[names[index]!] = text.slice(position, end);
      position = end + literal.length;
    }
    return position === text.length && !(restAt >= 0 && EMPTY_TOKEN.test(text))
      ? params
      : undefined;
  };
  return {
    template,
    names,
    filter,
    format,
    match: match as Subject<SubjectParams<Template>>["match"],
  };
}

function checkTemplate(template: string, names: readonly string[], filter: string): void {
  const isGood = FILTER.test(filter) && !EMPTY_TOKEN.test(filter) && !UNSAFE.test(template) &&
    new Set(names).size === names.length;
  if (isGood) return;
  throw new TypeError(
    `Cannot use subject template as it must be tokens of text or {parameter}, named once, ` +
      `{rest...} last: current value is ${shown(template)}`,
  );
}

function badSubject(template: string, reason: string, current: unknown): ShizukuError {
  return refusal(`Cannot format subject ${template} as ${reason}: current value is ${current}`);
}

function isValue(value: unknown, isRest: boolean): value is string {
  return typeof value === "string" && !UNSAFE.test(value) && !EMPTY_TOKEN.test(value) &&
    (isRest || !value.includes("."));
}
