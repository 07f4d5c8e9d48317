import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { type HttpRule, httpRule } from "../protobuf/mod.ts";
import { parsePathTemplate, type PathTemplate } from "./_path_template.ts";

/** One REST route of a method. */
export interface RestRoute {
  /** The service. */
  readonly service: DescService;
  /** The method. */
  readonly method: DescMethod;
  /** HTTP verb, in capitals. */
  readonly verb: string;
  /** Its path. */
  readonly path: PathTemplate;
  /** Which field the body is: `*` for the whole message, the empty text for none. */
  readonly body: string;
  /** Which field of the response is sent; the empty text for all of it. */
  readonly responseBody: string;
}

/**
 * Reads the routes that a method declares by `option (google.api.http)`.
 *
 * @throws {TypeError} If a path cannot be read, or a `GET` is declared for a method that is not
 * marked as one without side effects: any page could have a browser call it.
 * @see https://google.aip.dev/127
 */
export function readHttpRules(method: DescMethod): RestRoute[] {
  const rule = httpRule(method);
  if (rule === undefined) return [];
  return [rule, ...rule.additionalBindings].map((binding) => toRoute(method, binding));
}

function toRoute(method: DescMethod, { pattern, body, responseBody }: HttpRule): RestRoute {
  const action = `Cannot serve ${method.parent.typeName}.${method.name} by its google.api.http`;
  if (pattern.case === undefined) throw new TypeError(`${action} as it must have a path`);
  const [verb, path] = pattern.case === "custom"
    ? [pattern.value.kind, pattern.value.path]
    : [pattern.case.toUpperCase(), pattern.value];
  if (verb === "GET" && method.idempotency !== NO_SIDE_EFFECTS) {
    throw new TypeError(
      `${action} as a method with GET ${path} must have idempotency_level = NO_SIDE_EFFECTS`,
    );
  }
  const { parent: service } = method;
  return { service, method, verb, path: parsePathTemplate(path), body, responseBody };
}

/** Number of the level in `google.protobuf.MethodOptions`. */
const NO_SIDE_EFFECTS = 1;
