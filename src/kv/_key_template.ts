import { invalid } from "../connection/mod.ts";
import { subject, type SubjectParams } from "../core/mod.ts";
import type { KeyCodec } from "./key_codec.ts";

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

/** A parameter, and the text of the template that follows it. */
interface Part {
  readonly name: string;
  readonly isRest: boolean;
  readonly text: string;
}

/**
 * Reads a key template.
 *
 * @param codec Encodes the parameters; without one they must be safe as they are.
 * @throws {ShizukuError} `invalid_argument` for a text that no key can have.
 */
export function keyTemplate<Template extends string>(
  template: Template,
  codec?: KeyCodec,
): KeyTemplate<SubjectParams<Template>> {
  const action = `Cannot use key ${template}`;
  const check = (what: string, token: unknown, value = token): string => {
    if (typeof token === "string" && TOKEN.test(token)) return token;
    const shown = typeof value === "string" ? JSON.stringify(value) : typeof value;
    throw invalid(
      `${action} as ${what} must be of letters, digits, - / _ and =: current value is ${shown}`,
    );
  };
  const tokenOf = (name: string, token: unknown, value = token): string => {
    const what = `{${name}}`;
    if (codec === undefined || typeof token !== "string") return check(what, token, value);
    let encoded: string;
    try {
      encoded = codec.encode(token);
    } catch (cause) {
      throw invalid(`${action} as ${what} cannot be encoded: ${(cause as Error).message}`, cause);
    }
    return check(what, encoded, value);
  };
  for (const token of template.replace(PARAM, "x").split(".")) check("each token", token);
  const { match } = subject(template);
  const [start, ...rest] = template.split(PARAM);
  const parts: Part[] = [];
  for (let at = 0; at < rest.length; at += 3) {
    parts.push({ name: rest[at]!, isRest: rest[at + 1] !== undefined, text: rest[at + 2]! });
  }
  const fill = (params: Readonly<Record<string, unknown>>, isWhole: boolean): string => {
    let key = start!;
    for (const { name, isRest, text } of parts) {
      const value = params[name];
      if (value === undefined && !isWhole) key += isRest ? ">" : "*";
      else if (isRest && typeof value === "string") {
        key += value.split(".").map((token) => tokenOf(name, token, value)).join(".");
      } else key += tokenOf(name, value);
      key += text;
    }
    return key;
  };
  return {
    format: (params) => fill(params, true),
    filter: (params) => fill(params, false),
    match: codec ? (key) => decodeAll(match(key), codec) : match,
  };
}

/** The parameters as they were given; none if a token is not of the codec's. */
function decodeAll<Key extends Readonly<Record<string, string>>>(
  params: Key | undefined,
  codec: KeyCodec,
): Key | undefined {
  const decoded: Record<string, string> = {};
  for (const [name, value] of Object.entries(params ?? {})) {
    const texts = value.split(".").map((token) => codec.decode(token));
    if (texts.includes(undefined)) return undefined;
    decoded[name] = texts.join(".");
  }
  return params && decoded as Key;
}
