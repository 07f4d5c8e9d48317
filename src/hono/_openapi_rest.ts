import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { findField } from "./_find_field.ts";
import type { RestRoute } from "./_http_rule.ts";
import { commentOf } from "./_comments.ts";
import { isWellKnown, type JsonSchema, type JsonSchemas } from "./_json_schema.ts";

/** A path of OpenAPI with its parameters. */
export interface OpenApiPath {
  /** Such as `/v1/books/{name}`. */
  readonly path: string;
  /** The names of the parameters, in their order. */
  readonly names: readonly string[];
}

/** Writes a path of `google.api.http` as OpenAPI has it, where a parameter is one segment. */
export function toOpenApiPath(template: string): OpenApiPath {
  const names: string[] = [];
  const add = (name: string) => {
    names.push(name);
    return `{${name}}`;
  };
  const path = template.replace(
    /\{([\w.]+)(?:=([^{}]+))?\}|\*\*|\*/g,
    (_, field?: string, inner = "*") => {
      if (field === undefined) return add(`segment${names.length + 1}`);
      const count = inner.match(/\*\*|\*/g)?.length ?? 0;
      let index = 0;
      const write = () => add(count === 1 ? field : `${field}_${++index}`);
      return inner.replace(/\*\*|\*/g, write);
    },
  );
  return { path, names };
}

/** The parameters of a route: those of its path, and of its query what neither path nor body has. */
export function restParameters(
  { method, path, body }: RestRoute,
  names: readonly string[],
  schemas: JsonSchemas,
): JsonSchema[] {
  const inPath = names.map((name) => {
    const field = fieldAt(method.input, name.split("."));
    const schema = field === undefined ? { type: "string" } : schemas.field(field);
    return { name, in: "path", required: true, schema };
  });
  if (body === "*") return inPath;
  const variables = path.parts.map((part) => typeof part === "string" ? undefined : part.field);
  const taken = new Set([body, ...variables]);
  const inQuery = method.input.fields.filter(({ name }) => !taken.has(name)).flatMap((field) =>
    queryParameters(field, "", schemas)
  );
  return [...inPath, ...inQuery];
}

function fieldAt(message: DescMessage, path: readonly string[]): DescField | undefined {
  const [name = "", ...rest] = path;
  const field = findField(message, name);
  if (rest.length === 0 || field?.message === undefined) return field;
  return fieldAt(field.message, rest);
}

/** One level of nesting is listed: deeper fields can be set in the same way. */
function queryParameters(field: DescField, prefix: string, schemas: JsonSchemas): JsonSchema[] {
  const { fieldKind, message, name } = field;
  if (fieldKind === "map" || (fieldKind === "list" && message !== undefined)) return [];
  const isKnown = message !== undefined && isWellKnown(message);
  const isPlain = message === undefined || (isKnown && (isWrapperDesc(message) || isText(message)));
  if (!isPlain) {
    if (prefix !== "" || isKnown) return [];
    return message.fields.flatMap((field) => queryParameters(field, `${name}.`, schemas));
  }
  const parameter = { name: `${prefix}${name}`, in: "query", schema: schemas.field(field) };
  const description = commentOf(field);
  return [description === undefined ? parameter : { ...parameter, description }];
}

function isText({ typeName }: DescMessage): boolean {
  return /^google\.protobuf\.(Timestamp|Duration|FieldMask)$/.test(typeName);
}
