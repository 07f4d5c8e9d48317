import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { commentOf } from "./_comments.ts";

/**
 * A JSON Schema (2020-12, as OpenAPI 3.1 has it).
 *
 * @example Calls need a bearer token
 * ```ts
 * import { type JsonSchema, openapi } from "@shizuku/shizuku/hono/openapi";
 *
 * const components: JsonSchema = { bearer: { type: "http", scheme: "bearer" } };
 * const document = openapi([], { extra: { security: [{ bearer: [] }], "x-schemes": components } });
 * console.log(JSON.stringify(document.security)); // [{"bearer":[]}]
 * ```
 */
export interface JsonSchema {
  /** A keyword. */
  readonly [keyword: string]: unknown;
}

/**
 * Writes the schemas of messages and enums in protobuf's JSON form. Each is written once, under its
 * full name, and referred to from everywhere.
 */
export class JsonSchemas {
  /** The schemas by name. */
  readonly components: Record<string, JsonSchema> = {};

  /** The schema of a message, or a reference to it. */
  message(desc: DescMessage): JsonSchema {
    const known = WELL_KNOWN[desc.typeName];
    if (known !== undefined) return known;
    if (isWellKnown(desc) && isWrapperDesc(desc)) return this.field(desc.fields[0]!);
    if (!(desc.typeName in this.components)) {
      // First, since a message may hold itself.
      this.components[desc.typeName] = {};
      this.components[desc.typeName] = this.#object(desc);
    }
    return reference(desc.typeName);
  }

  /** The schema of a field. */
  field(desc: DescField): JsonSchema {
    switch (desc.fieldKind) {
      case "list":
        return { type: "array", items: this.#value(desc) };
      case "map":
        return { type: "object", additionalProperties: this.#value(desc) };
      default:
        return this.#value(desc);
    }
  }

  #value(desc: DescField): JsonSchema {
    if (desc.message !== undefined) return this.message(desc.message);
    if (desc.enum !== undefined) return this.#enum(desc.enum);
    return scalarSchema(desc.scalar!);
  }

  #object(desc: DescMessage): JsonSchema {
    const properties: Record<string, JsonSchema> = {};
    for (const field of desc.fields) properties[field.jsonName] = this.#property(field);
    return withoutUndefined({
      type: "object",
      title: desc.name,
      description: commentOf(desc),
      deprecated: desc.deprecated || undefined,
      properties,
    });
  }

  /** The schema of a field with what is said of it. */
  #property(field: DescField): JsonSchema {
    const schema = this.field(field);
    const description = describe(field);
    // Most have neither, and a document may have ten thousand of them.
    if (description === undefined && !field.deprecated) return schema;
    return withoutUndefined({
      ...schema,
      description,
      deprecated: field.deprecated || undefined,
    });
  }

  #enum(desc: DescEnum): JsonSchema {
    if (desc.typeName === "google.protobuf.NullValue") return { type: "null" };
    this.components[desc.typeName] ??= withoutUndefined({
      type: "string",
      title: desc.name,
      description: commentOf(desc),
      enum: desc.values.map(({ name }) => name),
    });
    return reference(desc.typeName);
  }
}

/** Asked first, since it is quickly told. */
export function isWellKnown({ typeName }: DescMessage): boolean {
  return typeName.startsWith("google.protobuf.");
}

function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

function describe(field: DescField): string | undefined {
  const comment = commentOf(field);
  if (field.oneof === undefined) return comment;
  const others = field.oneof.fields.filter((other) => other !== field).map(({ name }) => name);
  if (others.length === 0) return comment;
  return [comment, `Not together with ${others.join(", ")}.`].filter(Boolean).join("\n\n");
}

/** Leaves out what has no value. */
export function withoutUndefined<T extends object>(object: T): T {
  const kept: Partial<T> = {};
  for (const key of Object.keys(object) as (keyof T)[]) {
    if (object[key] !== undefined) kept[key] = object[key];
  }
  return kept as T;
}

const NUMBER: JsonSchema = {
  anyOf: [{ type: "number" }, { type: "string", enum: ["NaN", "Infinity", "-Infinity"] }],
};

/** How protobuf writes its scalars in JSON; those with a sign are as their unsigned ones without. */
const SCALARS: Readonly<Record<string, JsonSchema>> = {
  STRING: { type: "string" },
  BOOL: { type: "boolean" },
  BYTES: { type: "string", contentEncoding: "base64" },
  DOUBLE: NUMBER,
  FLOAT: NUMBER,
  INT32: { type: "integer", format: "int32" },
  UINT32: { type: "integer", minimum: 0, maximum: 4_294_967_295 },
  INT64: { type: "string", format: "int64", pattern: "^-?[0-9]+$" },
  UINT64: { type: "string", format: "uint64", pattern: "^[0-9]+$" },
};

function scalarSchema(scalar: ScalarType): JsonSchema {
  // SINT32 and SFIXED32 are written as INT32, FIXED32 as UINT32.
  const name = ScalarType[scalar].replace("FIXED", "UINT").replace(/^SU?(?=I)/, "");
  return SCALARS[name]!;
}

/** Messages with a JSON form of their own. */
const WELL_KNOWN: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$" },
  "google.protobuf.FieldMask": { type: "string" },
  "google.protobuf.Struct": { type: "object", additionalProperties: true },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Empty": { type: "object" },
  "google.protobuf.Any": {
    type: "object",
    properties: { "@type": { type: "string" } },
    additionalProperties: true,
  },
};
