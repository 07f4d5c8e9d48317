import type { DescService } from "@bufbuild/protobuf";
import { CODES } from "../core/mod.ts";
import { type MethodInfo, type ServiceContract, serviceInfo } from "../services/mod.ts";
import { findField } from "./_find_field.ts";
import { type Expose, isExposed } from "./_expose.ts";
import { readHttpRules, type RestRoute } from "./_http_rule.ts";
import { commentOf } from "./_comments.ts";
import { type JsonSchema, JsonSchemas, withoutUndefined } from "./_json_schema.ts";
import { restParameters, toOpenApiPath } from "./_openapi_rest.ts";

export type { JsonSchema } from "./_json_schema.ts";

/**
 * Options of {@linkcode openapi}.
 *
 * @example
 * ```ts
 * import { openapi } from "@shizuku/shizuku/hono/openapi";
 *
 * const document = openapi([], {
 *   title: "Tickets",
 *   version: "1.2.0",
 *   servers: [{ url: "https://desk.example.com/api" }],
 *   rest: false,
 * });
 * console.log(document.info.title); // Tickets
 * ```
 */
export interface OpenApiOptions {
  /**
   * Title of the document.
   * @default {"RPC"}
   */
  readonly title?: string;
  /**
   * Version of what is described.
   * @default {"1.0.0"}
   */
  readonly version?: string;
  /** What is described, in Markdown. */
  readonly description?: string;
  /** Where it is served: the base path that `rpc()` is mounted on, for instance. */
  readonly servers?: readonly { readonly url: string; readonly description?: string }[];
  /** What is described; as it is for `rpc()`. */
  readonly expose?: Expose;
  /**
   * Whether to describe the calls in the Connect protocol.
   * @default {true}
   */
  readonly connect?: boolean;
  /**
   * Whether to describe the routes that `rest()` serves.
   * @default {true}
   */
  readonly rest?: boolean;
  /** More for the root of the document, such as `security`. */
  readonly extra?: JsonSchema;
}

/**
 * An OpenAPI document, ready for `JSON.stringify()`.
 *
 * @example
 * ```ts
 * import { openapi, type OpenApiDocument } from "@shizuku/shizuku/hono/openapi";
 *
 * const document: OpenApiDocument = openapi([], { title: "Tickets" });
 * console.log(document.openapi, document.info.version); // 3.1.0 1.0.0
 * ```
 */
export interface OpenApiDocument {
  /** Version of OpenAPI. */
  readonly openapi: "3.1.0";
  /** What is described. */
  readonly info: JsonSchema;
  /** The operations by path and verb. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  /** What is referred to. */
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
  /** One for each service. */
  readonly tags: readonly JsonSchema[];
  /** Everything else. */
  readonly [name: string]: unknown;
}

/**
 * Describes contracts as an OpenAPI 3.1 document: their calls in the Connect protocol by POST and
 * GET, their REST routes, the messages in protobuf's JSON form, and the error.
 *
 * Comments of the `.proto` become descriptions where the descriptors carry them; generated code does
 * not, a descriptor set does. Code-first contracts are described without a schema for their JSON.
 *
 * @param described A running application, or contracts.
 * @throws {TypeError} If a REST route cannot be served, as `rest()` does.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { openapi } from "@shizuku/shizuku/hono/openapi";
 * import { defineService } from "@shizuku/shizuku/services";
 *
 * const MathService = defineService("math.v1.MathService", {
 *   double: { input: json<number>(), output: json<number>() },
 * });
 * const document = openapi(MathService, { title: "Mathematics", version: "1.2.0" });
 * console.log(Object.keys(document.paths)); // [ "/math.v1.MathService/double" ]
 * ```
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openapi(
  described:
    | { readonly contracts: readonly ServiceContract[] }
    | ServiceContract
    | readonly ServiceContract[],
  options: OpenApiOptions = {},
): OpenApiDocument {
  const { title = "RPC", version = "1.0.0", description, servers, extra } = options;
  const writer = new DocumentWriter(options);
  for (const contract of contractsOf(described)) writer.add(contract);
  return {
    openapi: "3.1.0",
    info: withoutUndefined({ title, version, description }),
    ...(servers && { servers }),
    tags: writer.tags,
    paths: writer.paths,
    components: { schemas: { [ERROR]: ERROR_SCHEMA, ...writer.schemas.components } },
    ...extra,
  };
}

function contractsOf(described: Parameters<typeof openapi>[0]): readonly ServiceContract[] {
  if ("contracts" in described) return described.contracts;
  return Array.isArray(described) ? described : [described as ServiceContract];
}

class DocumentWriter {
  readonly schemas = new JsonSchemas();
  readonly tags: JsonSchema[] = [];
  readonly paths: Record<string, Record<string, JsonSchema>> = {};
  /** Paths as they were first written, by their form without names of parameters. */
  readonly #shapes = new Map<string, { path: string; names: readonly string[] }>();
  readonly #options: OpenApiOptions;

  constructor(options: OpenApiOptions) {
    this.#options = options;
  }

  add(contract: ServiceContract): void {
    const { connect = true, rest = true, expose } = this.#options;
    const { typeName, methods } = serviceInfo(contract);
    const exposed = [...methods.values()].filter(({ name }) =>
      isExposed(expose, { contract, name })
    );
    if (exposed.length === 0) return;
    const service = contract.kind === "service" ? contract : undefined;
    const description = service && commentOf(service);
    this.tags.push(withoutUndefined({ name: typeName, description }));
    for (const method of exposed) {
      if (connect) this.#addConnect(typeName, method, service);
      const desc = service?.methods.find(({ name }) => name === method.name);
      if (rest && desc !== undefined) {
        readHttpRules(desc).forEach((route, index) => this.#addRest(route, method, index));
      }
    }
  }

  #addConnect(typeName: string, method: MethodInfo, service: DescService | undefined): void {
    const desc = service?.methods.find(({ name }) => name === method.name);
    const about = withoutUndefined({
      tags: [typeName],
      description: desc && commentOf(desc),
      deprecated: desc?.deprecated || undefined,
    });
    const input = desc === undefined ? undefined : this.schemas.message(desc.input);
    const output = desc === undefined ? undefined : this.schemas.message(desc.output);
    const responses = answers(content(method.output, output));
    const operation = {
      ...about,
      operationId: `${typeName}.${method.name}`,
      parameters: HEADERS,
      requestBody: { required: true, content: content(method.input, input) },
      responses,
    };
    this.paths[`/${typeName}/${method.name}`] = {
      post: operation,
      ...(method.noSideEffects && {
        get: {
          ...about,
          operationId: `${typeName}.${method.name}.get`,
          parameters: [...queryOf(method), ...HEADERS],
          responses,
        },
      }),
    };
  }

  #addRest(route: RestRoute, { output }: MethodInfo, index: number): void {
    const verb = route.verb.toLowerCase();
    if (!/^(get|put|post|delete|options|head|patch|trace)$/.test(verb)) return;
    const { method, service } = route;
    const { path, names } = this.#restPath(route.path.text);
    const answer = findField(method.output, route.responseBody);
    const schema = answer === undefined
      ? this.schemas.message(method.output)
      : this.schemas.field(answer);
    const json = output.has(JSON_TYPE) ? { [JSON_TYPE]: { schema } } : {};
    (this.paths[path] ??= {})[verb] = withoutUndefined({
      tags: [service.typeName],
      description: commentOf(method),
      operationId: `${service.typeName}.${method.name}.rest${index === 0 ? "" : index + 1}`,
      parameters: [...restParameters(route, names, this.schemas), TIMEOUT],
      requestBody: this.#restBody(route),
      responses: answers(json),
    });
  }

  #restBody({ method, body }: RestRoute): JsonSchema | undefined {
    const field = findField(method.input, body);
    if (body !== "*" && field === undefined) return undefined;
    const schema = field === undefined
      ? this.schemas.message(method.input)
      : this.schemas.field(field);
    return { required: true, content: { "application/json": { schema } } };
  }

  /** Paths that differ in the names of their parameters alone are one path. */
  #restPath(template: string): { path: string; names: readonly string[] } {
    const written = toOpenApiPath(template);
    const shape = written.path.replace(/\{[^{}]*\}/g, "{}");
    const known = this.#shapes.get(shape);
    if (known === undefined) this.#shapes.set(shape, written);
    return known ?? written;
  }
}

/** What is sent, by content type; of a code-first contract the schema is not known. */
function content(
  codecs: ReadonlyMap<string, unknown>,
  json: JsonSchema | undefined,
): Record<string, JsonSchema> {
  const all: Record<string, JsonSchema> = {};
  // Whoever reads the document is shown the first.
  if (codecs.has(JSON_TYPE)) all[JSON_TYPE] = { schema: json ?? {} };
  for (const type of codecs.keys()) {
    all[type] ??= { schema: type.startsWith("text/") ? { type: "string" } : {} };
  }
  return all;
}

const JSON_TYPE = "application/json";
const ERROR = "connect.error";
const ERROR_ANSWER: JsonSchema = {
  description: "Error",
  content: { "application/json": { schema: { $ref: `#/components/schemas/${ERROR}` } } },
};

/** What may be answered. */
function answers(content: JsonSchema): JsonSchema {
  return { 200: { description: "OK", content }, default: ERROR_ANSWER };
}

const ERROR_SCHEMA: JsonSchema = {
  type: "object",
  title: "Error",
  description: "An error of the Connect protocol; the HTTP status follows from its code.",
  required: ["code"],
  properties: {
    code: { type: "string", enum: /* @__PURE__ */ Object.keys(CODES) },
    message: { type: "string" },
    details: {
      type: "array",
      items: {
        type: "object",
        required: ["type", "value"],
        properties: {
          type: { type: "string", description: "Full name of a protobuf message." },
          value: { type: "string", contentEncoding: "base64" },
          debug: {},
        },
      },
    },
  },
};

const TIMEOUT: JsonSchema = {
  name: "Connect-Timeout-Ms",
  in: "header",
  description: "How long the caller waits, in milliseconds.",
  schema: { type: "integer", minimum: 0, maximum: 9_999_999_999 },
};

const HEADERS: JsonSchema[] = [
  { name: "Connect-Protocol-Version", in: "header", schema: { type: "string", enum: ["1"] } },
  TIMEOUT,
];

function queryOf({ input }: MethodInfo): JsonSchema[] {
  const encodings = [...input.keys()].filter((type) => type.startsWith("application/"))
    .map((type) => type.slice("application/".length));
  const parameter = (name: string, values: string[], required: boolean): JsonSchema => ({
    name,
    in: "query",
    ...(required && { required }),
    schema: { type: "string", ...(values.length > 0 && { enum: values }) },
  });
  return [
    parameter("encoding", encodings, true),
    parameter("message", [], true),
    parameter("base64", ["1"], false),
    parameter("compression", ["identity", "gzip"], false),
    parameter("connect", ["v1"], false),
  ];
}
