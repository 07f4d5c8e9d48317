import { ShizukuError, subject, type SubjectParams } from "../core/mod.ts";
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
  const bare = template.replace(PARAM, "x");
  const bad = bare.split(".").find((token) => !TOKEN.test(token));
  if (bad !== undefined) refuse(template, "each token", bad);
  const { match } = subject(template);
  const { start, parts } = partsOf(template);
  const fill = (params: Readonly<Record<string, unknown>>, isWhole: boolean): string => {
    let key = start;
    for (const { name, isRest, text } of parts) {
      const value = params[name];
      if (value === undefined && !isWhole) key += isRest ? ">" : "*";
      else {key += isRest
          ? restOf(template, name, value, codec)
          : tokenOf(template, name, value, codec);}
      key += text;
    }
    return key;
  };
  return {
    format: (params) => fill(params, true),
    filter: (params) => fill(params, false),
    match: codec === undefined ? match : (key) => decodeAll(match(key), parts, codec),
  };
}

/** The text before the first parameter, and the parameters. */
function partsOf(template: string): { start: string; parts: Part[] } {
  const parts: Part[] = [];
  const found = [...template.matchAll(PARAM)];
  for (const [index, { 0: whole, 1: name, 2: rest, index: at }] of found.entries()) {
    const text = template.slice(at + whole.length, found[index + 1]?.index);
    parts.push({ name: name!, isRest: rest !== undefined, text });
  }
  return { start: template.slice(0, found[0]?.index), parts };
}

function tokenOf(
  template: string,
  name: string,
  value: unknown,
  codec: KeyCodec | undefined,
): string {
  if (typeof value !== "string") return refuse(template, `{${name}}`, value);
  const token = codec === undefined ? value : encode(template, name, value, codec);
  return TOKEN.test(token) ? token : refuse(template, `{${name}}`, value);
}

function restOf(
  template: string,
  name: string,
  value: unknown,
  codec: KeyCodec | undefined,
): string {
  if (typeof value !== "string") return refuse(template, `{${name}}`, value);
  const tokens = value.split(".");
  if (codec === undefined && !tokens.every((token) => TOKEN.test(token))) {
    return refuse(template, `{${name}}`, value);
  }
  return tokens.map((token) => tokenOf(template, name, token, codec)).join(".");
}

function encode(template: string, name: string, value: string, codec: KeyCodec): string {
  try {
    return codec.encode(value);
  } catch (cause) {
    throw new ShizukuError(
      "invalid_argument",
      `Cannot use key ${template} as {${name}} cannot be encoded: ${(cause as Error).message}`,
      { stage: "pre", cause },
    );
  }
}

/** The parameters as they were given; none if a token is not of the codec's. */
function decodeAll<Key extends Readonly<Record<string, string>>>(
  params: Key | undefined,
  parts: readonly Part[],
  codec: KeyCodec,
): Key | undefined {
  if (params === undefined) return undefined;
  const decoded: Record<string, string> = {};
  for (const { name, isRest } of parts) {
    const tokens = isRest ? params[name]!.split(".") : [params[name]!];
    const texts = tokens.map((token) => codec.decode(token));
    if (texts.includes(undefined)) return undefined;
    decoded[name] = texts.join(".");
  }
  return decoded as Key;
}

function refuse(template: string, what: string, value: unknown): never {
  throw new ShizukuError(
    "invalid_argument",
    `Cannot use key ${template} as ${what} must be of letters, digits, - / _ and =: ` +
      `current value is ${typeof value === "string" ? JSON.stringify(value) : typeof value}`,
    { stage: "pre" },
  );
}
