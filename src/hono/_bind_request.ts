import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { ScalarType } from "@bufbuild/protobuf";
import { findField } from "./_find_field.ts";
import { invalid } from "./_invalid.ts";

/** Where the values of a request's fields come from. */
export interface Bindings {
  /** Which field the body is: `*` for the whole message, the empty text for none. */
  readonly body: string;
  /** The body, if one is taken. */
  readonly json: JsonValue | undefined;
  /** Values from the path, by field. */
  readonly path: ReadonlyMap<string, string>;
  /** The query, in its order. */
  readonly query: Iterable<readonly [string, string]>;
}

/**
 * Puts a request together, in protobuf's JSON form.
 *
 * The path wins over the body; the query fills the fields that neither has. Names that the message
 * does not have are left out, as unknown fields of JSON are.
 *
 * @throws {ShizukuError} `invalid_argument` if the body does not fit, or a value is not valid.
 */
export function bindRequest(message: DescMessage, bindings: Bindings): JsonObject {
  const { body, json, path, query } = bindings;
  const request = body === "*" ? toObject(json ?? {}) : {};
  if (body !== "" && body !== "*" && json !== undefined) {
    const field = findField(message, body);
    if (field !== undefined) request[field.jsonName] = json;
  }
  if (body !== "*") {
    for (const [name, value] of query) {
      if (path.has(name) || name === body || name.startsWith(`${body}.`)) continue;
      setField(request, message, name, value);
    }
  }
  for (const [name, value] of path) setField(request, message, name, value);
  return request;
}

function toObject(json: JsonValue): JsonObject {
  // A copy, since fields are set in it; only an object can be a message here.
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return { ...json };
  throw invalid("Cannot read the request as its body must be a JSON object");
}

function setField(target: JsonObject, message: DescMessage, path: string, value: string): void {
  const [name = "", ...rest] = path.split(".");
  const field = findField(message, name);
  if (field === undefined) return;
  // Whatever form of the name the body has used, there must be one.
  if (field.name !== field.jsonName) delete target[field.name];
  if (rest.length > 0) {
    if (field.fieldKind !== "message" || isText(field.message)) return;
    const child = toObject(target[field.jsonName] ?? {});
    setField(child, field.message, rest.join("."), value);
    target[field.jsonName] = child;
  } else if (field.fieldKind === "list") {
    const before = target[field.jsonName];
    const read = readListItem(field, value);
    if (read !== undefined) {
      target[field.jsonName] = [...(Array.isArray(before) ? before : []), read];
    }
  } else {
    const read = readSingle(field, value);
    if (read !== undefined) target[field.jsonName] = read;
  }
}

function readListItem(field: DescField & { fieldKind: "list" }, value: string) {
  if (field.listKind === "scalar") return readScalar(field.scalar, value, field);
  return field.listKind === "enum" ? readEnum(value) : readMessage(field.message, value, field);
}

function readSingle(field: DescField, value: string): JsonValue | undefined {
  if (field.fieldKind === "scalar") return readScalar(field.scalar, value, field);
  if (field.fieldKind === "enum") return readEnum(value);
  return field.fieldKind === "message" ? readMessage(field.message, value, field) : undefined;
}

function readScalar(scalar: ScalarType, value: string, { name }: DescField): JsonValue {
  if (scalar !== ScalarType.BOOL) return value;
  if (value === "true" || value === "false") return value === "true";
  throw invalid(`Cannot read the request as ${name} must be true or false`);
}

/** Enums come by their name or their number. */
function readEnum(value: string): JsonValue {
  return /^-?\d+$/.test(value) ? Number(value) : value;
}

/** Messages that have one value in JSON: timestamps, durations, field masks, wrapped scalars. */
function readMessage(message: DescMessage, value: string, field: DescField): JsonValue | undefined {
  if (isWrapperDesc(message)) return readSingle(message.fields[0]!, value);
  if (isText(message)) return value;
  throw invalid(`Cannot read the request as ${field.name} is a message: name one of its fields`);
}

function isText({ typeName }: DescMessage): boolean {
  return /^google\.protobuf\.(Timestamp|Duration|FieldMask)$/.test(typeName);
}
