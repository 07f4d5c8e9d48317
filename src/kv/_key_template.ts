import { ShizukuError, subject, type SubjectParams } from "../core/mod.ts";

const TOKEN = /^[-/_=a-zA-Z0-9]+$/;
const PARAM = /\{(\w+)(\.\.\.)?\}/g;

/** Keys of one kind, with named parameters. */
export interface KeyTemplate<Key> {
  /** The key of parameters. */
  format(params: Key): string;
  /** What NATS watches for some of the parameters. */
  filter(params: Partial<Key>): string;
  /** The parameters of a key, if it is of this kind. */
  match(key: string): Key | undefined;
}

/**
 * Reads a key template.
 *
 * @throws {ShizukuError} `invalid_argument` for a text that no key can have.
 */
export function keyTemplate<Template extends string>(
  template: Template,
): KeyTemplate<SubjectParams<Template>> {
  const bare = template.replace(PARAM, "x");
  const bad = bare.split(".").find((token) => !TOKEN.test(token));
  if (bad !== undefined) refuse(template, "each token", bad);
  const { match } = subject(template);
  const fill = (params: Readonly<Record<string, unknown>>, isWhole: boolean): string =>
    template.replace(PARAM, (_, name: string, rest: string | undefined) => {
      const value = params[name];
      if (value === undefined && !isWhole) return rest === undefined ? "*" : ">";
      const tokens = typeof value !== "string" ? [""] : rest ? value.split(".") : [value];
      if (!tokens.every((token) => TOKEN.test(token))) refuse(template, `{${name}}`, value);
      return value as string;
    });
  return {
    format: (params) => fill(params, true),
    filter: (params) => fill(params, false),
    match,
  };
}

function refuse(template: string, what: string, value: unknown): never {
  throw new ShizukuError(
    "invalid_argument",
    `Cannot use key ${template} as ${what} must be of letters, digits, - / _ and =: ` +
      `current value is ${typeof value === "string" ? JSON.stringify(value) : typeof value}`,
    { stage: "pre" },
  );
}
