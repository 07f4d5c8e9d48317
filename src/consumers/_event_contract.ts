import { type DescMessage, ShizukuError, type Subject } from "../core/mod.ts";
import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { tokenOf } from "./_event_tokens.ts";

const PARAM = /\{([A-Za-z_][\w.]*?)(\.\.\.)?\}/g;

/** Scalars without a text that is one token: points, or bytes. */
const NO_TOKEN: readonly ScalarType[] = [ScalarType.DOUBLE, ScalarType.FLOAT, ScalarType.BYTES];

/**
 * Writes a template of a `.proto` with the names that the generated code has: `{ticket_id}` becomes
 * `{ticketId}`.
 *
 * @throws {TypeError} If the message has no such field.
 */
export function withLocalNames(message: DescMessage, template: string): string {
  return template.replace(PARAM, (_, name: string, dots: string = "") => {
    const field = fieldNamed(message, name);
    if (field === undefined) throw noField(message, name, template);
    return `{${field.localName}${dots}}`;
  });
}

/**
 * Checks that each parameter of a subject is a field that can be a token.
 *
 * @throws {TypeError} If one is not.
 */
export function checkTokenFields(message: DescMessage, { names, template }: Subject): void {
  for (const [index, name] of names.entries()) {
    const field = message.fields.find(({ localName }) => localName === name);
    if (field === undefined) throw noField(message, name, template);
    const isRest = index === names.length - 1 && template.endsWith("...}");
    const isFit = isRest ? isText(field) : isToken(field);
    if (isFit && field.oneof === undefined) continue;
    const wanted = isRest ? "a text" : "a text, a whole number, a boolean or an enum";
    throw new TypeError(
      `Cannot define event ${message.typeName} as {${name}} of its subject must be ${wanted}, ` +
        `single and in no oneof: current field is ${describe(field)}`,
    );
  }
}

/**
 * What makes the id of an event out of a template such as `{origin}-{flight.id}`.
 *
 * @throws {TypeError} If it names what is no field; a field of a message within is fine.
 */
export function idFromTemplate(message: DescMessage, template: string): (event: object) => string {
  const literals = template.split(PARAM).filter((_, index) => index % 3 === 0);
  const paths = [...template.matchAll(PARAM)].map(([, path]) => pathTo(message, path!, template));
  if (paths.length === 0) {
    throw new TypeError(
      `Cannot define event ${message.typeName} as its id must have a {field}: current value is ` +
        JSON.stringify(template),
    );
  }
  return (event) => {
    let id = literals[0]!;
    for (const [index, path] of paths.entries()) {
      const value = tokenOf(read(event, path));
      if (typeof value !== "string" || value === "") throw unset(message, path);
      id += value + literals[index + 1]!;
    }
    return id;
  };
}

function pathTo(message: DescMessage, path: string, template: string): string[] {
  const names: string[] = [];
  let inside: DescMessage | undefined = message;
  let field: DescField | undefined;
  for (const name of path.split(".")) {
    field = inside && fieldNamed(inside, name);
    if (field === undefined) throw noField(message, path, template);
    names.push(field.localName);
    inside = field.fieldKind === "message" ? field.message : undefined;
  }
  if (!isToken(field!) || field!.oneof !== undefined) throw noField(message, path, template);
  return names;
}

function read(event: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    event,
  );
}

function fieldNamed(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name || field.localName === name);
}

function isText(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}

function isToken(field: DescField): boolean {
  return field.fieldKind === "enum" ||
    (field.fieldKind === "scalar" && !NO_TOKEN.includes(field.scalar));
}

function describe(field: DescField): string {
  const type = field.fieldKind === "scalar"
    ? ScalarType[field.scalar].toLowerCase()
    : field.fieldKind;
  return `${field.name} (${field.oneof === undefined ? type : `${type} in ${field.oneof.name}`})`;
}

function noField(message: DescMessage, name: string, template: string): TypeError {
  return new TypeError(
    `Cannot define event ${message.typeName} as {${name}} of ${JSON.stringify(template)} must be ` +
      `a field of it: its fields are ${message.fields.map((field) => field.name).join(", ")}`,
  );
}

function unset(message: DescMessage, path: readonly string[]): ShizukuError {
  return new ShizukuError(
    "invalid_argument",
    `Cannot identify an event ${message.typeName} as ${path.join(".")} must be set`,
    { stage: "pre" },
  );
}
